using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.WebSockets;

/// <summary>What happens on a WebSocket.</summary>
internal sealed record WebSocketOptions
{
    internal static readonly TimeSpan DefaultHeartbeat = TimeSpan.FromSeconds(30);

    /// <summary>After how long without anything from the client it gets a Ping (RFC 6455, section 5.5.2); zero for never.</summary>
    internal TimeSpan Heartbeat { get; init; } = DefaultHeartbeat;

    /// <summary>The longest message; a longer one ends the connection with code 1009.</summary>
    internal required int MostBytes { get; init; }

    /// <summary>How many bytes of messages all connections may hold, until they are answered.</summary>
    internal required ByteLimit Held { get; init; }

    /// <summary>Gets every message of the client, and its end. Must not block.</summary>
    internal required Action<HttpRequestRecord> OnReceived { get; init; }

    /// <summary>Works beside the messages, until the client has left; null for nothing.</summary>
    internal Func<WebSocketConnection, CancellationToken, Task>? Opened { get; init; }

    /// <summary>Answers a message, one after the other; null to send it back.</summary>
    internal Func<WebSocketConnection, HttpRequestRecord, Task>? Answer { get; init; }
}
