using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.WebSockets;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Opens a WebSocket.</summary>
internal sealed class WebSocketService : StubService
{
    /// <summary>The subprotocols that are spoken.</summary>
    internal IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>The script that answers each message; null to send it back.</summary>
    internal object? Script { get; init; }

    /// <summary>The script that runs beside the messages, from the opening on; null for none.</summary>
    internal object? Opening { get; init; }

    /// <inheritdoc cref="WebSocketOptions.Heartbeat"/>
    internal TimeSpan Heartbeat { get; init; } = WebSocketOptions.DefaultHeartbeat;

    internal override bool HasScript => (Script ?? Opening) is not null;

    internal override ValueTask ServeAsync(HttpExchange exchange, StubAnswer answer, HttpRequestRecord request, StubHandler handler)
    {
        if (WebSocketHandshake.Check(request, out string accept) is { } fault)
        {
            exchange.Answer(((IHttpHandler)handler).Refuse(exchange, fault.Status, fault.Explanation, fault.Status == 426
                ? [FieldLines.Field("Sec-WebSocket-Version", "13"), FieldLines.Field("Upgrade", "websocket")]
                : []));
            return default;
        }

        string? protocol = WebSocketHandshake.Choose(request, Protocols);
        byte[] head = Head(answer, accept, protocol);
        exchange.TakeOver(
            101,
            takeover => ServeAsync(new WebSocketConnection(takeover, request, protocol), takeover, request, head, handler));
        return default;
    }

    public override string ToString() => Script is null ? "WebSocket echo" : "WebSocket script";

    private static byte[] Head(StubAnswer answer, string accept, string? protocol)
    {
        byte[] fields = FieldLines.Format(
        [
            FieldLines.Field("Upgrade", "websocket"),
            FieldLines.Field("Connection", "Upgrade"),
            FieldLines.Field("Sec-WebSocket-Accept", accept),
            .. protocol is null ? [] : new[] { FieldLines.Field("Sec-WebSocket-Protocol", protocol) },
            .. answer.Fields,
        ]);
        return [.. Encoding.ASCII.GetBytes($"HTTP/1.1 101 {HttpStatus.Reason(101)}\r\n"), .. fields, .. "\r\n"u8];
    }

    private async ValueTask ServeAsync(
        WebSocketConnection connection, HttpTakeover takeover, HttpRequestRecord request, byte[] head, StubHandler handler)
    {
        IStubScripts? scripts = handler.Options.Scripts;
        WebSocketOptions options = new()
        {
            MostBytes = handler.Options.MaxBodyBytes,
            Held = handler.Options.Bodies,
            Heartbeat = Heartbeat,
            OnReceived = message =>
            {
                handler.Journal?.Add(message);
                takeover.Tell(message);
            },
            Answer = Script is { } script && scripts is not null
                ? (one, message) => scripts.TalkAsync(script, message, one, CancellationToken.None) : null,
            Opened = Opening is { } opening && scripts is not null
                ? (one, left) => scripts.TalkAsync(opening, request, one, left) : null,
        };
        using (handler.WebSockets.Add(connection))
        {
            await new WebSocketSession(connection, takeover, request, options).ServeAsync(head).ConfigureAwait(false);
        }
    }
}
