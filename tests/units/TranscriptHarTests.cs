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

    private static string Summary(JsonElement entry)
    {
        JsonElement request = entry.GetProperty("request");
        JsonElement response = entry.GetProperty("response");
        return $"{request.GetProperty("method")} {request.GetProperty("url")} {response.GetProperty("status")} "
            + response.GetProperty("content").GetProperty("text");
    }

    private static JsonElement[] Write(NetTranscriptEvent[] events, out IReadOnlyList<string> remarks)
    {
        using MemoryStream stream = new();
        TranscriptHarWriter writer = new(stream);
        Array.ForEach(events, writer.Write);
        writer.Finish();
        remarks = writer.Remarks;
        return [.. JsonDocument.Parse(stream.ToArray()).RootElement.GetProperty("log").GetProperty("entries").EnumerateArray()];
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
