namespace PSNetLab.Engine.Messages;

/// <summary>A source of messages received in the background.</summary>
/// <typeparam name="T">The message.</typeparam>
internal interface IMessageSource<out T>
    where T : class
{
    /// <summary>Messages that were dropped because too many were waiting.</summary>
    long Dropped { get; }

    /// <summary>Whether every message has been taken and no more will come.</summary>
    bool IsDrained { get; }

    /// <summary>Takes the oldest message; null if there is none now.</summary>
    T? TryTake();

    /// <summary>Blocks the thread until there is something to take or no more will come; false if the time runs out first.</summary>
    bool WaitForData(int milliseconds, CancellationToken cancellationToken);

    /// <summary>Completes when there is something to take, or when no more will come.</summary>
    Task WaitForDataAsync(CancellationToken cancellationToken);
}
