using PSNetLab.Engine.Capture.Files;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Tests;

/// <summary>What this module writes as packets, it reads back as it was, wherever it begins.</summary>
public class TranscriptReadBackTests
{
    [Theory]
    [InlineData(NetTranscriptProtocol.Tcp)]
    [InlineData(NetTranscriptProtocol.Udp)]
    public void Without_a_beginning_the_client_is_still_who_it_was(NetTranscriptProtocol protocol)
    {
        foreach ((int client, int server) in new[] { (40000, 50000), (50000, 40000) })
        {
            Recorded recorded = new(1, $"127.0.0.1:{client}", $"127.0.0.1:{server}", protocol);
            NetTranscriptEvent[] events = recorded.Answers("b").Asks("a").Answers("c").Events;
            NetTranscriptEvent[] back = ReadBack(events);
            Assert.Equal(events.Select(What), back.Select(What));
            Assert.All(back, item => Assert.Equal(server, item.Server.Port));
        }
    }

    [Theory]
    [InlineData(NetTranscriptProtocol.Tcp)]
    [InlineData(NetTranscriptProtocol.Udp)]
    public void What_a_full_transcript_has_lost_is_missing(NetTranscriptProtocol protocol)
    {
        NetTranscriptEvent[] rest = new Recorded(7, protocol: protocol, tls: "Tls13 X").Answers("b").Asks("a").Answers("c").Events;
        NetTranscriptEvent[] events = [Recorded.Dropped(rest[0], ToServer, 5000), Recorded.Dropped(rest[0], ToClient, 70), .. rest];
        Assert.Equal(events.Select(What), ReadBack(events).Select(What));
    }

    [Fact]
    public void A_transcript_may_begin_with_an_end()
    {
        NetTranscriptEvent[] rest = new Recorded(7, tls: "Tls13 X").Ends(ToServer).Answers("b").Ends(ToClient)
            .Note(NetTranscriptKind.Closed).Events;
        NetTranscriptEvent[] events = [Recorded.Dropped(rest[0], ToServer, 5000), .. rest];
        Assert.Equal(events.Select(What), ReadBack(events).Select(What));
    }

    [Fact]
    public void Ports_may_be_used_again_by_a_connection_whose_beginning_is_lost()
    {
        NetTranscriptEvent[] events = [.. new Recorded(3).Opened().Asks("a").Closed().Events, .. new Recorded(4).Asks("b").Events];
        Assert.Equal(events.Select(What), ReadBack(events).Select(What));
    }

    [Fact]
    public void Ports_may_be_used_again_though_no_close_was_seen()
    {
        NetTranscriptEvent[] reset = new Recorded(1).Opened().Asks("a").Note(NetTranscriptKind.Reset, ToServer).Events;
        NetTranscriptEvent[] silent = new Recorded(2).Opened().Asks("b").Answers("c").Events;
        NetTranscriptEvent[] last = new Recorded(3).Opened().Asks("d").Events;
        NetTranscriptEvent[] back = ReadBack([.. reset, .. silent, .. last], out IReadOnlyList<string> remarks);
        Assert.Empty(remarks);
        Assert.Equal("abcd", string.Concat(back.Select(item => item.Text)));
        Assert.Equal([1, 2, 3], back.Select(item => item.ConnectionId).Distinct());
    }

    [Fact]
    public void Of_a_connection_that_both_ends_recorded_one_record_is_written()
    {
        NetTranscriptEvent[] one = new Recorded(1).Opened().Asks("a").Answers("b").Closed().Events;
        NetTranscriptEvent[] other = new Recorded(2).Opened().Asks("a").Answers("b").Closed().Events;
        NetTranscriptEvent[] again = new Recorded(3).Opened().Asks("c").Closed().Events;
        IEnumerable<NetTranscriptEvent> both = one.Zip(other).SelectMany(pair => new[] { pair.First, pair.Second });
        NetTranscriptEvent[] back = ReadBack([.. both, .. again], out IReadOnlyList<string> remarks);
        Assert.Equal(one.Concat(again).Select(What), back.Select(What));
        Assert.StartsWith("Left out connection 2, ", Assert.Single(remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_number_of_records_may_be_left_out()
    {
        NetTranscriptEvent[] events = [.. Enumerable.Range(1, 13).SelectMany(id => new Recorded(id).Opened().Asks("a").Events)];
        ReadBack(events, out IReadOnlyList<string> remarks);
        Assert.StartsWith(
            "Left out 12 connections: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and more, ", Assert.Single(remarks), StringComparison.Ordinal);
    }

    [LinuxFact]
    public Task Times_go_on_where_clocks_change() => OwnProcess.RunAsync(["clock-change"], zone: ClockChangeRun.Zone);

    [Fact]
    public void Reading_can_be_stopped_also_where_there_are_no_events()
    {
        CancellationToken stopped = new(canceled: true);
        using MemoryStream capture = new(new CaptureFile(linkType: 105).Frame(new byte[40]).Bytes);
        using MemoryStream packets = new();
        new PcapngWriter(packets).Finish();
        packets.Position = 0;
        using MemoryStream lines = new("\n\n"u8.ToArray());
        Assert.Throws<OperationCanceledException>(() => CaptureReader.Read(new PcapReader(capture, "f"), [], stopped).ToArray());
        Assert.Throws<OperationCanceledException>(() => CaptureReader.Read(new PcapngReader(packets, "f"), [], stopped).ToArray());
        Assert.Throws<OperationCanceledException>(() => new JsonLinesReader(lines, "f").Read(stopped).ToArray());
    }

    private static NetTranscriptEvent[] ReadBack(IEnumerable<NetTranscriptEvent> events) => ReadBack(events, out _);

    private static NetTranscriptEvent[] ReadBack(IEnumerable<NetTranscriptEvent> events, out IReadOnlyList<string> remarks)
    {
        using MemoryStream stream = new();
        PcapngWriter writer = new(stream);
        foreach (NetTranscriptEvent item in events)
        {
            writer.Write(item);
        }

        writer.Finish();
        remarks = writer.Remarks;
        return [.. CaptureFile.Read(stream.ToArray(), out _)];
    }

    private static (int Id, NetTranscriptKind Kind, NetTranscriptDirection? Way, long Length, string? Text, bool IsTls) What(
        NetTranscriptEvent item)
        => (item.ConnectionId, item.Kind, item.Direction, item.Length, item.Text, item.IsTls);
}
