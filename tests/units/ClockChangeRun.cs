using System.Net;
using System.Text.Json;
using PSNetLab.Engine.Capture.Files;
using PSNetLab.Engine.Http.Recordings;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Tests;

/// <summary>
/// What is written and read of a conversation during which local time goes an hour forward or back. Where the zone is not known, it
/// does neither.
/// </summary>
internal static class ClockChangeRun
{
    internal const string Zone = "Europe/Berlin";

    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(2);

    internal static void Run()
    {
        foreach ((int month, int day) in new[] { (3, 29), (10, 25) })
        {
            DateTime change = new(2026, month, day, 1, 0, 0, DateTimeKind.Utc);
            DateTime before = change - (s_between / 2);
            NetTranscriptEvent[] events =
            [
                Event(before, ToServer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                Event(before + s_between, ToClient, "HTTP/1.1 204 No Content\r\n\r\n"),
            ];
            NetTranscriptEvent[] back = [.. CaptureFile.Read(Write(events, stream => new PcapngWriter(stream)), out _)];
            Assert.Equal([before, before + s_between], back.Select(item => item.Moment.ToUniversalTime()));
            Assert.Equal(s_between, back[1].Elapsed - back[0].Elapsed);

            using JsonDocument archive = JsonDocument.Parse(
                Write(events, stream => new TranscriptHarWriter(stream, new Redactor())));
            JsonElement entry = Assert.Single(archive.RootElement.GetProperty("log").GetProperty("entries").EnumerateArray());
            Assert.Equal(s_between.TotalMilliseconds, entry.GetProperty("time").GetDouble());
            Assert.Equal(before, entry.GetProperty("startedDateTime").GetDateTimeOffset().UtcDateTime);
        }
    }

    private static byte[] Write(NetTranscriptEvent[] events, Func<Stream, TranscriptWriter> format)
    {
        using MemoryStream stream = new();
        TranscriptWriter writer = format(stream);
        Array.ForEach(events, writer.Write);
        writer.Finish();
        return stream.ToArray();
    }

    private static NetTranscriptEvent Event(DateTime time, NetTranscriptDirection direction, string text)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(text);
        return new NetTranscriptEvent
        {
            Kind = NetTranscriptKind.Data,
            ConnectionId = 1,
            Direction = direction,
            Bytes = bytes,
            Length = bytes.Length,
            Moment = time.ToLocalTime(),
            Client = IPEndPoint.Parse("127.0.0.1:40000"),
            Server = IPEndPoint.Parse("127.0.0.1:80"),
        };
    }
}
