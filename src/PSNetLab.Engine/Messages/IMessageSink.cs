namespace PSNetLab.Engine.Messages;

/// <summary>Where a server puts the messages it receives. Never blocks.</summary>
/// <typeparam name="T">The message.</typeparam>
internal interface IMessageSink<in T>
{
    /// <summary>Takes a message; false when there is no room and the server is to wait for some.</summary>
    bool TryAdd(T message);

    /// <summary>Takes a message as soon as there is room for it; those who wait get room in the order they came.</summary>
    ValueTask AddAsync(T message);
}
