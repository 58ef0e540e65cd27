using System.Text;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>A WebSocket of bytes, and the route that it asks for.</summary>
internal static class WebSocketPeer
{
    /// <summary>The fields of a request that opens one.</summary>
    internal const string Fields = "Host: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    internal static HttpRoute Route(WebSocketService service) => new(
        new RequestCriteria { Methods = ["GET"], IsWebSocket = true, Path = PathPattern.Parse("/ws") },
        [new StubAnswer { Service = service }],
        new RouteSettings());

    internal static async Task<HttpPeer> OpenAsync(StubServer server)
    {
        HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync($"GET /ws HTTP/1.1\r\n{Fields}\r\n");
        await HeadAsync(peer);
        return peer;
    }

    internal static async Task<string> HeadAsync(HttpPeer peer)
    {
        StringBuilder head = new();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await peer.BytesAsync(1))[0]);
        }

        return head.ToString();
    }
}
