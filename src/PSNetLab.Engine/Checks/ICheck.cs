using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Checks;

/// <summary>One thing to check.</summary>
internal interface ICheck
{
    /// <summary>Adds what it finds to the rows. What cannot be reached is a row as well, not an exception.</summary>
    ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken);
}
