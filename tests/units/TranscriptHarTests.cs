using System.IO.Compression;
using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Recordings;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Tests;

/// <summary>The requests and answers that are found in a transcript.</summary>
public class TranscriptHarTests
{
    [Fact]
    public void Exchanges_are_found_however_they_are_sliced_and_framed()
    {
        byte[] zipped = Zip("packed");
        JsonElement[] entries = Write(
            new Recorded(tls: "Tls13").Opened()
                .Asks("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nHEAD /2 HT").Answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
                .Asks("TP/1.1\r\nHost: h\r\n\r\n").Answers("Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n")
                .Answers("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
                .Asks("POST /3?q=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody")
                .Answers([
                    .. "HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\n"u8,
                    .. Encoding.ASCII.GetBytes($"Content-Length: {zipped.Length}\r\n\r\n"),
                    .. zipped,
                ])
                .Asks("GET /4 HTTP/1.0\r\n\r\n").Answers("HTTP/1.0 200 OK\r\n\r\nuntil the end").Closed().Events,
            out IReadOnlyList<string> remarks);
        Assert.Empty(remarks);
        Assert.Equal(
            ["GET https://h/1 200 one", "HEAD https://h/2 200 ", "POST https://h/3?q=1 201 packed",
             "GET https://localhost/4 200 until the end"],
            entries.Select(Summary));
        Assert.Equal("body", entries[2].GetProperty("request").GetProperty("postData").GetProperty("text").GetString());
    }

    [Fact]
    public void What_is_not_there_or_not_HTTP_is_said()
    {
        NetTranscriptEvent[] whole = new Recorded(1).Opened()
            .Asks("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n").Answers("HTTP/1.1 204 No Content\r\n\r\n")
            .Asks("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n").Answers("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").Events;
        NetTranscriptEvent[] gap =
        [
            .. new Recorded(2).Opened().Asks("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n").Events,
            Recorded.Dropped(new Recorded(2).Opened().Events[0], ToClient, 5),
        ];
        NetTranscriptEvent[] other = new Recorded(3).Opened().Asks("EHLO h\r\n").Answers("250 ok\r\n").Events;
        NetTranscriptEvent[] upgrade = new Recorded(4).Opened().Asks("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\n\r\n")
            .Answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").Asks([1, 2, 3]).Answers([4]).Closed().Events;
        JsonElement[] entries = Write([.. whole, .. gap, .. other, .. upgrade], out IReadOnlyList<string> remarks);
        Assert.Equal(["GET http://h/1 204 ", "GET http://h/ws 101 "], entries.Select(Summary));
        Assert.Equal(3, remarks.Count);
        Assert.StartsWith("Connection 1: the last exchange is not complete", remarks[0], StringComparison.Ordinal);
        Assert.StartsWith("Connection 2: bytes are missing", remarks[1], StringComparison.Ordinal);
        Assert.StartsWith("Connection 3: it is not HTTP/1.1", remarks[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_not_written()
    {
        byte[] answer = Zip("""{"access_token":"S3CRET","expires_in":5}""");
        byte[] question = Zip("grant=x&password=S3CRET");
        string archive = Encoding.UTF8.GetString(Bytes(
            new Recorded().Opened()
                .Asks("GET /a?api_key=S3CRET&b=1 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer S3CRET\r\nCookie: id=S3CRET\r\n\r\n")
                .Answers("HTTP/1.1 302 Found\r\nSet-Cookie: id=S3CRET; Path=/\r\nLocation: /b?token=S3CRET\r\nContent-Length: 0\r\n\r\n")
                .Asks("GET http://user:S3CRET@h/c HTTP/1.1\r\nHost: h\r\nX-Mine: S3CRET\r\n\r\n")
                .Answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .Asks([
                    .. "POST /d HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"u8,
                    .. Encoding.ASCII.GetBytes($"Content-Encoding: gzip\r\nContent-Length: {question.Length}\r\n\r\n"),
                    .. question,
                ])
                .Answers([
                    .. "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"u8,
                    .. Encoding.ASCII.GetBytes($"Content-Length: {answer.Length}\r\n\r\n"),
                    .. answer,
                ]).Closed().Events,
            stream => new TranscriptHarWriter(stream, new Redactor(["x-mine"]))));
        Assert.DoesNotContain("S3CRET", archive, StringComparison.Ordinal);
        JsonElement log = JsonDocument.Parse(archive).RootElement.GetProperty("log");
        Assert.Equal("Secrets are replaced by ***.", log.GetProperty("comment").GetString());
        JsonElement[] entries = [.. log.GetProperty("entries").EnumerateArray()];
        Assert.Equal("http://h/a?api_key=***&b=1", entries[0].GetProperty("request").GetProperty("url").GetString());
        Assert.Equal("http://h/c", entries[1].GetProperty("request").GetProperty("url").GetString());
        Assert.Equal(
            "grant=x&password=***", entries[2].GetProperty("request").GetProperty("postData").GetProperty("text").GetString());
        Assert.Equal(
            """{"access_token":"***","expires_in":5}""",
            entries[2].GetProperty("response").GetProperty("content").GetProperty("text").GetString());
    }

    [Fact]
    public void Compressed_bodies_that_are_too_long_together_are_left_out()
    {
        Recorded recorded = new Recorded().Opened();
        byte[] zipped = Zip(new string('x', 100_000));
        for (int i = 0; i < 5; i++)
        {
            recorded.Asks("GET / HTTP/1.1\r\nHost: h\r\n\r\n").Answers([
                .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {zipped.Length}\r\n\r\n"),
                .. zipped,
            ]);
        }

        recorded.Asks("GET / HTTP/1.1\r\nHost: h\r\n\r\n").Answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain");
        TranscriptHarWriter? writer = null;
        byte[] archive = Bytes(
            recorded.Closed().Events,
            stream => writer = new TranscriptHarWriter(stream, new Redactor(), new DecodingLimit(150_000, mostTogether: 200_000)));
        JsonElement log = JsonDocument.Parse(archive).RootElement.GetProperty("log");
        JsonElement[] contents =
            [.. log.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("response").GetProperty("content"))];
        int whole = contents.Count(content => content.GetProperty("size").GetInt32() == 100_000);
        Assert.InRange(whole, 2, 3);
        Assert.All(contents[whole..5], content => Assert.StartsWith(
            "the compressed bodies of this file are longer than", content.GetProperty("comment").GetString(), StringComparison.Ordinal));
        Assert.Equal("plain", contents[5].GetProperty("text").GetString());
        Assert.EndsWith($" {5 - whole} bodies are left out: see their comments.", log.GetProperty("comment").GetString(),
            StringComparison.Ordinal);
        Assert.StartsWith($"{5 - whole} bodies are left out", Assert.Single(writer!.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void A_coding_that_cannot_be_undone_leaves_the_body_out()
    {
        byte[] archive = Bytes(
            new Recorded().Opened().Asks("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                .Answers("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 6\r\n\r\nS3CRET").Closed().Events,
            stream => new TranscriptHarWriter(stream, new Redactor()));
        JsonElement log = JsonDocument.Parse(archive).RootElement.GetProperty("log");
        Assert.StartsWith(
            "zstd is not a Content-Encoding that can be undone",
            log.GetProperty("entries")[0].GetProperty("response").GetProperty("content").GetProperty("comment").GetString(),
            StringComparison.Ordinal);
        Assert.EndsWith(" 1 body is left out: see its comment.", log.GetProperty("comment").GetString(), StringComparison.Ordinal);
    }

    private static string Summary(JsonElement entry)
    {
        JsonElement request = entry.GetProperty("request");
        JsonElement response = entry.GetProperty("response");
        return $"{request.GetProperty("method")} {request.GetProperty("url")} {response.GetProperty("status")} "
            + response.GetProperty("content").GetProperty("text");
    }

    private static JsonElement[] Write(NetTranscriptEvent[] events, out IReadOnlyList<string> remarks)
    {
        TranscriptHarWriter? writer = null;
        byte[] archive = Bytes(events, stream => writer = new TranscriptHarWriter(stream, new Redactor()));
        remarks = writer!.Remarks;
        return [.. JsonDocument.Parse(archive).RootElement.GetProperty("log").GetProperty("entries").EnumerateArray()];
    }

    private static byte[] Bytes(NetTranscriptEvent[] events, Func<Stream, TranscriptHarWriter> create)
    {
        using MemoryStream stream = new();
        TranscriptHarWriter writer = create(stream);
        Array.ForEach(events, writer.Write);
        writer.Finish();
        return stream.ToArray();
    }

    private static byte[] Zip(string text)
    {
        using MemoryStream zipped = new();
        using (GZipStream zip = new(zipped, CompressionLevel.Fastest))
        {
            zip.Write(Encoding.ASCII.GetBytes(text));
        }

        return zipped.ToArray();
    }
}
