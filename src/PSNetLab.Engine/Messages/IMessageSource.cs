namespace PSNetLab.Engine.Messages;

/// <summary>Where messages that came in the background are taken from.</summary>
/// <typeparam name="T">The message.</typeparam>
internal interface IMessageSource<out T>
    where T : class
{
    /// <summary>Messages that were not kept because too many waited.</summary>
    long Dropped { get; }

    /// <summary>Whether every message has been taken and none will come any more.</summary>
    bool IsDrained { get; }

    /// <summary>Takes the oldest message; null when there is none now.</summary>
    T? TryTake();

    /// <summary>Blocks the thread until there is something to take or nothing will come any more; false when the time is over before.</summary>
    bool WaitForData(int milliseconds, CancellationToken cancellationToken);

    /// <summary>Completes when there is something to take, or when nothing will come any more.</summary>
    Task WaitForDataAsync(CancellationToken cancellationToken);
}
