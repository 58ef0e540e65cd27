namespace PSNetLab.Engine.Http.WebSockets;

/// <summary>What a reader of frames has found.</summary>
internal enum WebSocketStep
{
    /// <summary>Everything was consumed, and nothing is complete.</summary>
    NeedsMore,

    /// <summary>The limit of bytes leaves no room for the message now: read on with what is left when there may be some.</summary>
    NeedsRoom,
    Text,
    Binary,
    Ping,
    Pong,
    Close,

    /// <summary>The peer broke a rule or a limit; the connection has to be closed with a code.</summary>
    Failed,
}
