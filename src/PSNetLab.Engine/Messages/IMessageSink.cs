namespace PSNetLab.Engine.Messages;

/// <summary>Where a server puts the messages it receives. Never blocks.</summary>
/// <typeparam name="T">The message.</typeparam>
internal interface IMessageSink<in T>
{
    /// <summary>Takes a message; false if there is no room and the server must wait.</summary>
    bool TryAdd(T message);

    /// <summary>
    /// Takes a message as soon as there is room for it, in the order of the calls; a wait that is cancelled withdraws it.
    /// </summary>
    ValueTask AddAsync(T message, CancellationToken cancellationToken = default);
}
