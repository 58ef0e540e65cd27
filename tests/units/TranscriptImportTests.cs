using PSNetLab.Engine.Capture.Files;
using static PSNetLab.NetTranscriptDirection;
using static PSNetLab.NetTranscriptKind;

namespace PSNetLab.Engine.Tests;

/// <summary>Transcripts that are read from files: of this module, and captures of others.</summary>
public sealed class TranscriptImportTests : IDisposable
{
    private const TcpFlags Data = TcpFlags.Push | TcpFlags.Acknowledge;

    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("transcript").FullName, "t");

    public static TheoryData<int, bool, bool> Links
    {
        get
        {
            TheoryData<int, bool, bool> all = [];
            foreach (int link in new[] { 0, 1, 12, 101, 108, 113, 228, 276 })
            {
                all.Add(link, false, false);
                all.Add(link, true, false);
                all.Add(link == 228 ? 229 : link, false, true);
            }

            return all;
        }
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void JSON_Lines_come_back_as_they_were()
    {
        NetTranscriptEvent[] events = Sample();
        NetTranscriptEvent[] back = WriteAndRead(stream => new JsonLinesWriter(stream), events);
        Assert.Equal(events.Select(Everything), back.Select(Everything));
    }

    [Fact]
    public void JSON_Lines_may_begin_with_a_byte_order_mark()
    {
        NetTranscriptEvent[] events = Sample();
        Recorded.Write(_path, stream => new JsonLinesWriter(stream), events);
        File.WriteAllText(_path, File.ReadAllText(_path), new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal(events.Select(Everything), TranscriptFile.Read(_path, [], default).Select(Everything));
    }

    [Fact]
    public void Packets_come_back_as_they_were_recorded()
    {
        NetTranscriptEvent[] events = Sample();
        NetTranscriptEvent[] back = WriteAndRead(stream => new PcapngWriter(stream), events);

        Assert.Equal(
            events.Select(item => (item.ConnectionId, item.Kind, item.Direction, item.Length, item.Text, item.IsTls)),
            back.Select(item => (item.ConnectionId, item.Kind, item.Direction, item.Length, item.Text, item.IsTls)));

        // What has no packet of its own is told by another.
        Assert.Equal(TimesOf(events), TimesOf(back));
        Assert.Equal("Tls13 X", back[0].Detail);
        Assert.Equal("latency", Assert.Single(back, item => item.Kind == Fault).Detail);

        static IEnumerable<DateTime> TimesOf(NetTranscriptEvent[] events)
            => events.Where(item => item.Kind is NetTranscriptKind.Data or HalfClosed).Select(item => item.Moment);
    }

    [Theory]
    [MemberData(nameof(Links))]
    public void Captures_of_any_link_are_read(int link, bool isBigEndian, bool isIPv6)
    {
        CaptureFile file = isIPv6
            ? new CaptureFile(link, isBigEndian, "[2001:db8::1]:50000", "[2001:db8::2]:80")
            : new CaptureFile(link, isBigEndian);
        Handshake(file, 5, 9).Segment(ToServer, Data, 6, 10, [1, 2, 3]).Segment(ToClient, Data, 10, 9, [4]);
        file.Datagram(ToServer, [7]).Datagram(ToClient, []);
        NetTranscriptEvent[] events = file.Events;
        Assert.Equal(
            [(Opened, null, 0), (NetTranscriptKind.Data, ToServer, 3), (NetTranscriptKind.Data, ToClient, 1),
             (Opened, null, 0), (NetTranscriptKind.Data, ToServer, 1), (NetTranscriptKind.Data, ToClient, 0)],
            events.Select(item => (item.Kind, item.Direction, item.Length)));
        Assert.Equal(isIPv6 ? "[2001:db8::2]:80" : "192.0.2.2:80", events[0].ServerEndPoint.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Segments_are_put_in_order_once_each(int seed)
    {
        Random random = new(seed);
        byte[] data = WebFolder.Noise(20_000, seed);
        uint start = uint.MaxValue - (uint)random.Next(10_000);

        // Every byte is in at least one piece; pieces overlap, come twice and out of order.
        List<(int From, int To)> pieces = [];
        for (int at = 0; at < data.Length;)
        {
            int to = Math.Min(data.Length, at + random.Next(1, 1000));
            pieces.Add((Math.Max(0, at - random.Next(500)), to));
            at = to;
        }

        pieces.AddRange(pieces.Where(_ => random.Next(3) == 0).ToArray());
        (int From, int To)[] order = [.. pieces.OrderBy(piece => piece.From + random.Next(5000))];
        CaptureFile file = Handshake(new CaptureFile(), start - 1, 100);
        foreach ((int from, int to) in order)
        {
            file.Segment(ToServer, Data, start + (uint)from, 101, data[from..to]);
        }

        uint end = start + (uint)data.Length;
        file.Segment(ToServer, TcpFlags.Fin | TcpFlags.Acknowledge, end, 101)
            .Segment(ToClient, TcpFlags.Fin | TcpFlags.Acknowledge, 101, end + 1)
            .Segment(ToServer, TcpFlags.Fin | TcpFlags.Acknowledge, end, 101)
            .Segment(ToServer, TcpFlags.Acknowledge, end + 1, 102);
        NetTranscriptEvent[] events = file.Events;
        Assert.Equal(data, events.Where(item => item.Bytes is not null).SelectMany(item => item.Bytes!));
        Assert.Equal(
            [(Opened, null), (HalfClosed, ToServer), (HalfClosed, ToClient), (Closed, null)],
            events.Where(item => item.Kind != NetTranscriptKind.Data).Select(item => (item.Kind, item.Direction)));
        Assert.Equal(Enumerable.Range(1, events.Length), events.Select(item => (int)item.Sequence));
    }

    [Fact]
    public void What_the_receiver_has_and_the_capture_has_not_is_missing()
    {
        NetTranscriptEvent[] events = Handshake(new CaptureFile(), 0, 0)
            .Segment(ToServer, Data, 1, 1, "one"u8.ToArray())
            .Segment(ToServer, Data, 104, 1, "three"u8.ToArray())
            .Segment(ToClient, TcpFlags.Acknowledge, 1, 109)
            .Segment(ToServer, Data, 109, 1, "cut"u8.ToArray(), cut: 2)
            .Segment(ToClient, Data, 50, 112, "late"u8.ToArray())
            .Events;
        Assert.Equal(
            [(Opened, 0), (NetTranscriptKind.Data, 3), (Dropped, 100), (NetTranscriptKind.Data, 5),
             (NetTranscriptKind.Data, 1), (Dropped, 2), (Dropped, 49), (NetTranscriptKind.Data, 4)],
            events.Select(item => (item.Kind, item.Length)));
    }

    [Fact]
    public void A_capture_may_begin_in_the_middle_and_ports_may_be_used_again()
    {
        NetTranscriptEvent[] events = Handshake(
            new CaptureFile()
                .Segment(ToServer, TcpFlags.Acknowledge, 7, 7)
                .Segment(ToClient, Data, 7, 100, "from the lower port"u8.ToArray())
                .Segment(ToServer, TcpFlags.Reset, 100, 0),
            500,
            600)
            .Segment(ToServer, Data, 501, 601, "again"u8.ToArray()).Events;
        Assert.Equal(
            [(1, NetTranscriptKind.Data, ToClient), (1, Reset, ToServer), (1, Closed, null), (2, Opened, null),
             (2, NetTranscriptKind.Data, ToServer)],
            events.Select(item => (item.ConnectionId, item.Kind, item.Direction)));
        Assert.All(events, item => Assert.Equal("192.0.2.2:80", item.ServerEndPoint.ToString()));
    }

    [Fact]
    public void A_refused_connection_is_a_reset()
    {
        NetTranscriptEvent[] events = new CaptureFile()
            .Segment(ToServer, TcpFlags.Syn, 1)
            .Segment(ToClient, TcpFlags.Reset | TcpFlags.Acknowledge, 0, 2).Events;
        Assert.Equal([(Reset, ToClient), (Closed, null)], events.Select(item => (item.Kind, item.Direction)));
        Assert.Contains("refused", events[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_out_is_counted()
    {
        byte[] fragment = [0x45, 0, 0, 28, 0, 0, 0x20, 0, 64, 17, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, .. new byte[8]];
        byte[] ping = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, .. new byte[8]];
        CaptureFile file = new CaptureFile().Frame(fragment).Frame(ping).Frame(ping).Frame([0x45, 0, 0]);
        Assert.Empty(CaptureFile.Read(file.Bytes, out List<string> remarks));
        Assert.Equal(
            ["f: left out 2 packets neither of TCP nor of UDP.",
             "f: left out 1 packet with a fragment of IP, which are not put together.",
             "f: left out 1 packet with headers that are cut off or wrong."],
            remarks);
    }

    [Fact]
    public void Extension_headers_of_IPv6_are_skipped()
    {
        byte[] packet = new byte[200];
        PacketAddresses ends = new(System.Net.IPEndPoint.Parse("[::1]:5000"), System.Net.IPEndPoint.Parse("[::1]:53"), 1);
        int length = Packets.WriteUdp(packet, ends, ToServer, [1, 2, 3]);
        byte[] options = [60, 0, 1, 4, 0, 0, 0, 0, 44, 1, .. new byte[14], 17, 0, 0, 0, 0, 0, 0, 9];
        byte[] extended = [.. packet[..40], .. options, .. packet[40..length]];
        extended[5] += (byte)options.Length;
        extended[6] = 0;
        NetTranscriptEvent[] events = new CaptureFile(client: "[::1]:5000", server: "[::1]:53").Frame(extended).Events;
        Assert.Equal([1, 2, 3], events[1].Bytes!);
    }

    [Theory]
    [InlineData("pcapng", 0, 1, "block 1 at byte 0: ")]
    [InlineData("pcapng", 4, 200, "block 1 at byte 0: ")]
    [InlineData("pcapng", -1, 9, "the two lengths of the block differ")]
    [InlineData("pcap", 4, 9, "header 0 at byte 0: version 9")]
    [InlineData("pcap", 34, 9, "packet 1 at byte 24: the file ends")]
    [InlineData("pcap", 35, 9, "packet 1 at byte 24: a length of ")]
    public void What_is_malformed_is_named(string format, int at, byte value, string expected)
    {
        byte[] bytes = format == "pcap" ? Handshake(new CaptureFile(), 1, 1).Bytes : Pcapng();
        bytes[at < 0 ? bytes.Length + at : at] = value;
        if (at == 0)
        {
            bytes[0] = 0x0A;
            bytes[8] = value;
        }

        NetLabException error = Assert.Throws<NetLabException>(() => CaptureFile.Read(bytes, out _).ToArray());
        Assert.Equal(FaultKind.InvalidTranscript, error.Kind);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "line 1: this is not JSON")]
    [InlineData("{}\n", "line 1: 'kind' is missing")]
    [InlineData("GOOD\n\n{\"kind\":\"Opened\"}", "line 3: 'time' must be")]
    [InlineData("GOOD\n{\"kind\":\"Open\"}", "line 2: 'kind' must be one of Opened, Data")]
    [InlineData("GOOD\n{\"kind\":\"Data\"}", "line 2: there is neither 'text' nor 'base64'")]
    [InlineData("GOOD\n{\"kind\":\"Data\",\"text\":\"\\ud800\"}", "line 2: 'text' has half a character")]
    [InlineData("GOOD\n{\"kind\":\"Data\",\"base64\":\"?\"}", "line 2: 'base64' is not base64")]
    [InlineData("GOOD\n{\"kind\":\"Data\",\"base64\":\"\\ud800\"}", "line 2: there is half a character in it")]
    [InlineData("GOOD\n{\"kind\":\"Opened\",\"encoding\":\"utf-7\"}", "line 2: there is no encoding 'utf-7'")]
    [InlineData("GOOD\n{\"kind\":\"Data\",\"text\":\"\"}", "line 2: 'direction' is missing")]
    [InlineData("GOOD\n[]", "line 2: this is not an object")]
    public void Lines_that_are_malformed_are_named(string lines, string expected)
    {
        const string Good = """{"time":"2026-01-01T00:00:00Z","connectionId":1,"kind":"Opened","client":"[::1]:1","server":"[::1]:2"}""";
        File.WriteAllText(_path, lines.Replace("GOOD", Good, StringComparison.Ordinal));
        NetLabException error = Assert.Throws<NetLabException>(() => TranscriptFile.Read(_path, [], default).ToArray());
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Damaged_files_end_in_an_error_or_in_events(int seed)
    {
        Random random = new(seed);
        using MemoryStream lines = new();
        JsonLinesWriter writer = new(lines);
        Array.ForEach(Sample(), writer.Write);
        writer.Finish();
        byte[][] files = [Pcapng(), Handshake(new CaptureFile(1), 1, 1).Segment(ToServer, Data, 2, 2, [1]).Bytes, lines.ToArray()];
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = [.. files[i % files.Length]];
            for (int change = random.Next(1, 8); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(0xFF * random.Next(2));
            }

            bytes = bytes[..random.Next(bytes.Length / 2, bytes.Length + 1)];
            File.WriteAllBytes(_path, bytes);
            try
            {
                Assert.All(TranscriptFile.Read(_path, [], default), item => Assert.InRange(item.Length, 0, long.MaxValue));
            }
            catch (NetLabException error)
            {
                Assert.Equal(FaultKind.InvalidTranscript, error.Kind);
            }
        }
    }

    private static CaptureFile Handshake(CaptureFile file, uint client, uint server) => file
        .Segment(ToServer, TcpFlags.Syn, client)
        .Segment(ToClient, TcpFlags.Syn | TcpFlags.Acknowledge, server, client + 1)
        .Segment(ToServer, TcpFlags.Acknowledge, client + 1, server + 1);

    private static NetTranscriptEvent[] Sample()
    {
        NetTranscriptEvent[] first = new Recorded(7, tls: "Tls13 X").Opened().Asks("ask\n").Answers("\u6765\u0000")
            .Note(Fault, ToClient, "latency").Answers([0xFF, 0xFE]).Closed().Events;
        return
        [
            .. first[..4],
            Recorded.Dropped(first[3], ToClient, 5000),
            .. first[4..],
            .. new Recorded(8, "[::1]:5", "[::1]:6", NetTranscriptProtocol.Udp).Opened().Asks("datagram").Answers([]).Events,
        ];
    }

    private static byte[] Pcapng()
    {
        using MemoryStream stream = new();
        PcapngWriter writer = new(stream);
        Array.ForEach(Sample(), writer.Write);
        writer.Finish();
        return stream.ToArray();
    }

    private static string Everything(NetTranscriptEvent item) => string.Join(
        '|', item.Sequence, item.Moment.Ticks, item.Elapsed.Ticks, item.ConnectionId, item.Protocol, item.Kind, item.Direction, item.Length,
        item.Detail, item.IsTls, item.Client, item.Server, item.Encoding, Convert.ToHexString(item.Bytes ?? []));

    private NetTranscriptEvent[] WriteAndRead(Func<Stream, TranscriptWriter> format, NetTranscriptEvent[] events)
    {
        Recorded.Write(_path, format, events);
        List<string> remarks = [];
        NetTranscriptEvent[] back = [.. TranscriptFile.Read(_path, remarks, default)];
        Assert.Empty(remarks);
        return back;
    }
}
