namespace PSNetLab.Engine;

/// <summary>Where a server puts the messages it receives. Never blocks.</summary>
/// <typeparam name="T">The message.</typeparam>
internal interface IMessageSink<in T>
{
    /// <summary>Takes a message; false when there is no room and the server is to wait for some.</summary>
    bool TryAdd(T message);

    /// <summary>Completes when there may be room again.</summary>
    ValueTask WaitForRoomAsync();
}
