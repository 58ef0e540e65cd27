using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>What must not pass between the clients and the upstream.</summary>
public sealed class ForwardGatewayTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// <summary>It was for this server (RFC 9110, section 11.6.2).</summary>
    [Theory]
    [InlineData(true, "GET")]
    [InlineData(true, "POST")]
    [InlineData(false, "GET")]
    public async Task A_login_that_was_for_this_server_does_not_reach_the_upstream(bool isOurs, string method)
    {
        string seen = string.Empty;
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            seen = await peer.ReadHeadAsync();
            await peer.SendAsync(Ok);
            await peer.ReadToEndAsync();
        });
        Recorder recorder = new(new RecorderOptions(null, new(), 10, 1000), []);
        await using StubServer server = new(new StubOptions
        {
            Credential = isOurs ? new BasicCredential("user", "secret") : null,
            Upstream = new Forwarder(new UpstreamOptions { Uri = upstream.Uri }, recorder),
        });

        string body = method == "POST" ? "x" : string.Empty;
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: a\r\nauthorization: Basic dXNlcjpzZWNyZXQ=\r\nX-Kept: 1\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");

        Assert.Equal("ok", (await client.AnswerAsync()).Text);
        Assert.Equal(!isOurs, seen.Contains("authorization: Basic dXNlcjpzZWNyZXQ=", StringComparison.Ordinal));
        Assert.Contains("X-Kept: 1", seen, StringComparison.Ordinal);
        IEnumerable<string> recorded = Assert.Single(recorder.Read()).RequestFields.Select(field => field.Key);
        Assert.Equal(isOurs ? ["Host", "X-Kept"] : ["Host", "authorization", "X-Kept"], recorded);
    }
}
