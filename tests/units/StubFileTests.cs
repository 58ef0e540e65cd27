using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Routes with a file: whole, in part, and unchanged.</summary>
public sealed class StubFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public StubFileTests()
    {
        File.WriteAllText(_path, "0123456789");
        File.SetLastWriteTimeUtc(_path, new DateTime(2024, 1, 2, 3, 4, 5, DateTimeKind.Utc));
    }

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("bytes=2-4", 206, "bytes 2-4/10", "234")]
    [InlineData("bytes=-3", 206, "bytes 7-9/10", "789")]
    [InlineData("bytes=8-", 206, "bytes 8-9/10", "89")]
    [InlineData("bytes=10-", 416, "bytes */10", null)]
    [InlineData("lines=1-2", 200, null, "0123456789")]
    public async Task A_part_is_answered_like_a_file_of_a_site(string range, int status, string? contentRange, string? text)
    {
        await using StubServer server = Start();
        using HttpPeer peer = await server.ConnectAsync();
        HttpAnswer answer = await peer.GetAsync("/f", $"Range: {range}");
        Assert.Equal((status, contentRange), (answer.Status, answer["Content-Range"]));
        Assert.Equal(text ?? answer.Text, answer.Text);
        Assert.Equal(10, (await peer.GetAsync("/f")).Body.Length);
    }

    [Fact]
    public async Task Several_parts_come_as_multipart()
    {
        await using StubServer server = Start();
        HttpAnswer answer = await server.AskAsync("GET", "/f", "Range: bytes=0-1,5-6");
        Assert.Equal(206, answer.Status);
        Assert.StartsWith("multipart/byteranges; boundary=", answer["Content-Type"], StringComparison.Ordinal);
        Assert.Contains("Content-Range: bytes 5-6/10\r\n\r\n56\r\n", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_has_it_gets_304_and_one_that_resumes_another_version_gets_all()
    {
        await using StubServer server = Start();
        using HttpPeer peer = await server.ConnectAsync();
        HttpAnswer whole = await peer.GetAsync("/f");
        Assert.Equal(("bytes", "Tue, 02 Jan 2024 03:04:05 GMT", "7"), (whole["Accept-Ranges"], whole["Last-Modified"], whole["X-Own"]));
        string etag = whole["ETag"]!;
        HttpAnswer same = await peer.GetAsync("/f", $"If-None-Match: {etag}");
        Assert.Equal((304, etag, "7"), (same.Status, same["ETag"], same["X-Own"]));
        Assert.Equal(412, (await peer.GetAsync("/f", "If-Match: \"other\"")).Status);
        Assert.Equal("89", (await peer.GetAsync("/f", "Range: bytes=8-", $"If-Range: {etag}")).Text);

        File.WriteAllText(_path, "abcdefghijk");
        HttpAnswer changed = await peer.GetAsync("/f", "Range: bytes=8-", $"If-Range: {etag}");
        Assert.Equal((200, "abcdefghijk"), (changed.Status, changed.Text));
        Assert.Equal(200, (await peer.AskAsync("HEAD", "/f", "Range: bytes=8-")).Status);
    }

    [Fact]
    public async Task A_tag_of_the_route_is_the_one_that_counts()
    {
        await using StubServer server = Start(new KeyValuePair<string, string>("etag", "\"mine\""));
        HttpAnswer answer = await server.AskAsync("GET", "/f", "If-None-Match: \"mine\"");
        Assert.Equal((304, "\"mine\""), (answer.Status, answer["ETag"]));
    }

    private StubServer Start(params KeyValuePair<string, string>[] fields) => new(new HttpRoute(
        StubServer.Criteria("GET /f"), [new StubAnswer { File = _path, Fields = [new("X-Own", "7"), .. fields] }], new RouteSettings()));
}
