using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>What -Cors adds, and only where the answer has not got it.</summary>
public sealed class CrossOriginTests
{
    private const string Name = "Access-Control-Allow-Origin";

    [Theory]
    [InlineData("/plain", "*")]
    [InlineData("/own", "https://a")]
    [InlineData("/slow", "https://a")]
    [InlineData("/cut", "https://a")]
    [InlineData("/up", "https://a")]
    [InlineData("/none", "*")]
    public async Task A_field_is_there_once(string path, string expected)
    {
        StubAnswer own = new() { Fields = [new(Name.ToLowerInvariant(), "https://a")], Bytes = "0123"u8.ToArray() };
        await using StubServer upstream = new(new HttpRoute(StubServer.Criteria("/up"), [own], new()));
        await using StubServer server = new(
            new StubOptions { Cors = true, Upstream = path == "/none" ? null : new Forwarder(new() { Uri = Uri(upstream) }) },
            StubServer.Route("/plain", "a"),
            new HttpRoute(StubServer.Criteria("/own"), [own], new()),
            new HttpRoute(StubServer.Criteria("/slow"), [own with { BytesPerSecond = 1000 }], new()),
            new HttpRoute(StubServer.Criteria("/cut"), [own with { Fault = HttpFault.WrongLength }], new()));
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        string head = System.Text.Encoding.Latin1.GetString(await client.RestAsync());

        HttpAnswer answer = new(0, head[..head.IndexOf("\r\n\r\n", StringComparison.Ordinal)], []);
        Assert.Equal((expected, "*"), (answer[Name], answer["Access-Control-Expose-Headers"]));
    }

    private static Http.Client.HttpUri Uri(StubServer server) => Http.Client.HttpUri.Parse($"http://{server.EndPoint}/");
}
