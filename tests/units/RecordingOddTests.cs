using System.IO.Compression;
using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Exchanges that are odd or damaged: they pass through untouched, and what is recorded of them can be read again.</summary>
public sealed class RecordingOddTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recording").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 204 No Content\r\nAllow: GET\r\n\r\n")]
    [InlineData("GET /tab HTTP/1.1\r\nHost: a\r\nX: a\tb\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\tb\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(
        "GET /latin HTTP/1.1\r\nHost: a\r\nX: \u00e9\u0080\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \u00e9\u0080\u00ff\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET /utf8 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nX: \u00e2\u0082\u00ac\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET /h?x HTTP/1.1\r\nHost: a:99999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET /empty HTTP/1.1\r\nHost:\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET //two/%2F?a=%zz&&=b&c HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 299 X\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("get /{x}/*;a HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\": 1}\r\n")]
    [InlineData("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":\"\u00e9\"}")]
    [InlineData("GET /half2 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"\\udc00\":\"\\ud800x\"}")]
    public async Task What_was_recorded_can_be_read_again_and_is_the_same(string request, string answer)
    {
        (HttpAnswer live, string[] paths) = await RecordAsync(request, HttpHead.Bytes(answer));
        foreach (string path in paths)
        {
            await using StubServer replay = new([.. Load(path)]);
            HttpAnswer again = await SendAsync(replay, HttpHead.Bytes(request));

            Assert.Equal(live.Body, again.Body);
            Assert.Equal(live.Status, again.Status);
            Assert.Equal(live["X"], again["X"]);
        }
    }

    [Theory]
    [InlineData("Content-Length: 1234\r\nContent-Encoding: gzip\r\n", "1234")]
    [InlineData("Transfer-Encoding: chunked\r\n", null)]
    [InlineData("Content-Length: 0\r\n", "0")]
    public async Task HEAD_announces_the_length_that_was_recorded(string fields, string? length)
    {
        const string Request = "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n";
        (_, string[] paths) = await RecordAsync(Request, HttpHead.Bytes($"HTTP/1.1 200 OK\r\n{fields}\r\n"), "HEAD");
        foreach (string path in paths)
        {
            await using StubServer replay = new([.. Load(path)]);
            HttpAnswer again = await SendAsync(replay, HttpHead.Bytes(Request), "HEAD");
            Assert.Equal((200, length), (again.Status, again["Content-Length"]));
        }
    }

    [Theory]
    [InlineData(60)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(5000)]
    public async Task Deep_JSON_is_no_trouble(int depth)
    {
        string deep = new string('[', depth) + new string(']', depth);
        string request = $"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {deep.Length}\r\n\r\n{deep}";
        (HttpAnswer live, string[] paths) = await RecordAsync(
            request, HttpHead.Bytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {deep.Length}\r\n\r\n{deep}"));

        Assert.Equal(deep, live.Text);
        foreach (string path in paths)
        {
            await using StubServer replay = new([.. Load(path)]);
            Assert.Equal(deep, (await SendAsync(replay, HttpHead.Bytes(request))).Text);
        }
    }

    [Theory]
    [InlineData("gzip", false, "it is not the gzip")]
    [InlineData("br", false, "it is not the br")]
    [InlineData("deflate", false, "it is not the deflate")]
    [InlineData("zstd", false, "zstd is not a Content-Encoding")]
    [InlineData("gzip", true, "longer than 1000000 bytes")]
    [InlineData("br", true, "longer than 1000000 bytes")]
    public async Task A_body_that_cannot_be_decoded_passes_untouched_and_is_left_out(string coding, bool isBomb, string why)
    {
        byte[] body = isBomb
            ? Pack(coding, [.. "token=SECRET&"u8, .. new byte[2_000_000]]) : [.. "\u001f\u008b?token=SECRET&"u8, 0xff, 0xfe];
        byte[] request = [.. HttpHead.Bytes($"POST /x HTTP/1.1\r\nHost: a\r\nContent-Encoding: {coding}\r\n"
            + $"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
        string answer = $"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {body.Length}\r\n\r\n";
        (HttpAnswer live, string[] paths) = await RecordAsync(request, [.. HttpHead.Bytes(answer), .. body]);

        Assert.Equal((200, coding), (live.Status, live["Content-Encoding"]));
        Assert.Equal(body, live.Body);
        foreach (string path in paths)
        {
            string text = await File.ReadAllTextAsync(path);
            Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(body), text, StringComparison.Ordinal);
            Assert.Equal(3, text.Split(why).Length);
            RecordedExchange read = Assert.Single(RecordingReader.Read(path));
            Assert.Contains(why, read.RequestOmitted, StringComparison.Ordinal);
            Assert.Contains(why, read.Omitted, StringComparison.Ordinal);

            // Whatever the body is then, it is the same request, and the answer is one that clients can read.
            await using StubServer replay = new([.. Load(path)]);
            HttpAnswer again = await SendAsync(replay, request);
            Assert.Equal((200, null, 0), (again.Status, again["Content-Encoding"], again.Body.Length));
        }
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(5000, false)]
    public void Only_so_many_codings_are_undone(int count, bool isUndone)
    {
        byte[] packed = Enumerable.Range(0, Math.Min(count, 5)).Aggregate("hello"u8.ToArray(), (body, _) => Pack("gzip", body));
        string codings = string.Join(',', Enumerable.Repeat("gzip", count));

        byte[]? plain = BodyCodings.TryDecode(packed, codings, DecodingLimit.OfFile(), out string? fault);

        Assert.Equal(isUndone ? "hello" : null, plain is null ? null : Encoding.ASCII.GetString(plain));
        Assert.Equal(isUndone ? null : $"it has {count} codings, and more than 4 are not undone", fault);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_request_that_is_compressed_is_found_again_compressed_or_not(string coding)
    {
        byte[] plain = """{"a":1,"token":"SECRET"}"""u8.ToArray();
        byte[] packed = Pack(coding, plain);
        byte[] request = [.. HttpHead.Bytes($"POST /x HTTP/1.1\r\nHost: a\r\nContent-Encoding: {coding}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {packed.Length}\r\n\r\n"), .. packed];
        (HttpAnswer _, string[] paths) = await RecordAsync(request, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
        foreach (string path in paths)
        {
            await using StubServer replay = new([.. Load(path)]);
            Assert.Equal(200, (await SendAsync(replay, request)).Status);
            Assert.Equal(200, (await SendAsync(replay, [.. HttpHead.Bytes(
                $"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: {plain.Length}\r\n\r\n"), .. plain])).Status);
        }
    }

    [Fact]
    public async Task Zeros_do_not_blow_up_the_file()
    {
        byte[] answer = [.. "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n"u8, .. new byte[30_000]];
        (_, string[] paths) = await RecordAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", answer);

        Assert.All(paths, path => Assert.InRange(new FileInfo(path).Length, 30_000, 45_000));
    }

    [Fact]
    public void A_HAR_of_a_browser_may_have_fields_of_several_lines_and_more_than_Latin_1()
    {
        string path = Path.Combine(_folder, "b.har");
        File.WriteAllText(path, """
            {"log":{"entries":[{"request":{"method":"GET","url":"http://a/"},"response":{"status":200,"headers":[
            {"name":"set-cookie","value":"a=1\nb=2"},{"name":"x","value":"€"}]}}]}}
            """);

        Assert.Equal([("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x", "\u00e2\u0082\u00ac")],
            Assert.Single(RecordingReader.Read(path)).Fields.Select(field => (field.Key, field.Value)));
    }

    [Fact]
    public void Half_a_character_in_an_edited_file_is_said_with_its_place()
    {
        string path = Path.Combine(_folder, "h.json");
        File.WriteAllText(path, """{"entries":[{"request":{"method":"GET","target":"/\ud800"},"response":{"status":200}}]}""");

        NetLabException error = Assert.Throws<NetLabException>(() => RecordingReader.Read(path));
        Assert.Contains("entry 1 ($.entries[0].request.target): this text has half", error.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<HttpRoute> Load(string path)
        => RecordedRoutes.Load(path, new ReplayOptions(RouteEnd.Last, KeepsLatency: false));

    private static byte[] Pack(string coding, byte[] plain)
    {
        using MemoryStream packed = new();
        using (Stream stream = coding switch
        {
            "gzip" => new GZipStream(packed, CompressionMode.Compress, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionMode.Compress, leaveOpen: true),
            _ => new ZLibStream(packed, CompressionMode.Compress, leaveOpen: true),
        })
        {
            stream.Write(plain);
        }

        return packed.ToArray();
    }

    private static async Task<HttpAnswer> SendAsync(StubServer server, byte[] request, string method = "GET")
    {
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync(request);
        return await client.ResponseAsync(method);
    }

    private Task<(HttpAnswer Live, string[] Paths)> RecordAsync(string request, byte[] answer, string method = "GET")
        => RecordAsync(HttpHead.Bytes(request), answer, method);

    /// <summary>Sends a request through a server that records it, and writes both forms of a recording.</summary>
    private async Task<(HttpAnswer Live, string[] Paths)> RecordAsync(byte[] request, byte[] answer, string method = "GET")
    {
        await using ScriptedServer upstream = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(answer);
            await peer.ReadToEndAsync();
        });
        List<string> losses = [];
        Recorder recorder = new(new RecorderOptions(null, new Redactor(), 10, 1_000_000), []) { OnLoss = losses.Add };
        await using ForwardServer server = new(new UpstreamOptions { Uri = upstream.Uri }, recorder);
        HttpAnswer live = await SendAsync(server.Server, request, method);
        Assert.Empty(losses);
        string[] paths = [Path.Combine(_folder, "r.json"), Path.Combine(_folder, "r.har")];
        foreach (string path in paths)
        {
            RecordingWriter.Save(path, recorder.Read(), recorder.Redactor);
            JsonDocument.Parse(await File.ReadAllBytesAsync(path), new JsonDocumentOptions { MaxDepth = 100 }).Dispose();
        }

        return (live, paths);
    }
}
