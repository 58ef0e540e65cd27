namespace PSNetLab.Engine.Tests;

/// <summary>Files that change between requests and while they are sent.</summary>
public sealed class HttpFileChangeTests : IDisposable
{
    private const int Large = 32 * 1024 * 1024;

    private readonly WebFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, "identity")]
    [InlineData(true, "identity")]
    [InlineData(false, "gzip")]
    [InlineData(true, "br")]
    public async Task A_file_rewritten_with_the_same_length_is_never_stale(bool replaced, string coding)
    {
        await using ServedConnection served = await StartAsync();
        string? etag = null;
        for (int round = 0; round < 500; round++)
        {
            byte[] content = WebFolder.Prose(2000, seed: round);
            if (replaced)
            {
                _folder.Replace("a.txt", content);
            }
            else
            {
                _folder.Write("a.txt", content);
            }

            HttpAnswer answer = await served.Client.GetAsync("/a.txt", $"Accept-Encoding: {coding}", $"If-None-Match: {etag}");
            Assert.Equal(200, answer.Status);
            Assert.Equal(content, Codings.Decode(answer));
            etag = answer["ETag"];
            Assert.Equal(304, (await served.Client.GetAsync("/a.txt", $"Accept-Encoding: {coding}", $"If-None-Match: {etag}")).Status);
        }
    }

    [Fact]
    public async Task A_file_kept_in_memory_is_not_kept_longer_than_it_is_right()
    {
        _folder.Write("a.txt", "old content");
        _folder.Write("b/index.html", "old page");
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await StartAsync();
        Assert.Equal("old content", (await served.Client.GetAsync("/a.txt")).Text);
        Assert.Equal("old page", (await served.Client.GetAsync("/b/")).Text);
        Assert.NotNull(served.Site.TryFind("/a.txt"u8, default));
        Assert.NotNull(served.Site.TryFind("/b/"u8, default));

        _folder.Write("a.txt", "new content");
        Directory.Move(_folder.PathOf("b"), _folder.PathOf("c"));

        Assert.Null(served.Site.TryFind("/a.txt"u8, default));
        Assert.Equal("new content", (await served.Client.GetAsync("/a.txt")).Text);
        Assert.Equal(404, (await served.Client.GetAsync("/b/")).Status);
        Assert.Equal("old page", (await served.Client.GetAsync("/c/")).Text);
    }

    [Fact]
    public async Task The_second_default_document_gives_way_to_the_first()
    {
        _folder.Write("index.htm", "second");
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await StartAsync();
        Assert.Equal("second", (await served.Client.GetAsync("/")).Text);

        _folder.Write("index.html", "first");
        Assert.Equal("first", (await served.Client.GetAsync("/")).Text);
        File.Delete(_folder.PathOf("index.html"));
        Assert.Equal("second", (await served.Client.GetAsync("/")).Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_file_that_shrinks_while_it_is_sent_ends_the_connection_early(TransportKind kind)
    {
        byte[] content = WebFolder.Noise(Large);
        string path = _folder.Write("large", content);
        await using ServedConnection served = await StartAsync(kind);
        await served.Client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\nGET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        await served.PassToStuckAsync();

        Truncate(path, Large / 2);

        byte[] came = await served.Client.RestAsync();
        int headLength = came.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Assert.Contains(
            $"Content-Length: {Large}\r\n", System.Text.Encoding.Latin1.GetString(came.AsSpan(0, headLength)), StringComparison.Ordinal);
        Assert.Equal(content.AsSpan(0, Large / 2), came.AsSpan(headLength));
        served.Client.Dispose();
        await served.Ended.Soon();
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal((Large / 2, false), (record.BytesSent, record.Completed));
        Assert.Empty(served.Faults);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Ranges_of_a_file_that_shrinks_end_the_connection_early(TransportKind kind)
    {
        byte[] content = WebFolder.Noise(Large);
        string path = _folder.Write("large", content);
        await using ServedConnection served = await StartAsync(kind);
        await served.Client.SendAsync($"GET /large HTTP/1.1\r\nHost: a\r\nRange: bytes=1-{Large - 100},{Large - 10}-\r\n\r\n");
        await served.PassToStuckAsync();

        Truncate(path, Large / 2);

        byte[] came = await served.Client.RestAsync();
        Assert.True(came.AsSpan().EndsWith(content.AsSpan((Large / 2) - 1000, 1000)));
        served.Client.Dispose();
        await served.Ended.Soon();
        Assert.False(Assert.Single(served.Records()).Completed);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_file_that_grows_while_it_is_sent_is_sent_as_it_was(TransportKind kind)
    {
        byte[] content = WebFolder.Noise(Large);
        string path = _folder.Write("large", content);
        await using ServedConnection served = await StartAsync(kind);
        await served.Client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        await served.PassToStuckAsync();

        File.AppendAllText(path, "more");

        Assert.Equal(content, (await served.Client.AnswerAsync()).Body);
        HttpAnswer end = await served.Client.GetAsync("/large", "Range: bytes=-5");
        Assert.Equal($"bytes {Large - 1}-{Large + 3}/{Large + 4}", end["Content-Range"]);
        Assert.Equal("more", end.Text[^4..]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_file_that_is_deleted_while_it_is_sent_arrives(TransportKind kind)
    {
        byte[] content = WebFolder.Noise(Large);
        string path = _folder.Write("large", content);
        await using ServedConnection served = await StartAsync(kind);
        await served.Client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        await served.PassToStuckAsync();

        File.Delete(path);

        Assert.Equal(content, (await served.Client.AnswerAsync()).Body);
        Assert.Equal(404, (await served.Client.GetAsync("/large")).Status);
    }

    private static void Truncate(string path, long length)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }

    private Task<ServedConnection> StartAsync(TransportKind kind = TransportKind.Portable)
        => ServedConnection.StartAsync(kind, new() { Folder = _folder.Path, Clock = _clock });
}
