using System.Net;
using System.Text;
using System.Xml.Linq;
using PSNetLab.Engine.Capture.Views;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>How transcripts are shown.</summary>
public class TranscriptViewTests
{
    private const NetTranscriptDirection ToServer = NetTranscriptDirection.ToServer;
    private const NetTranscriptDirection ToClient = NetTranscriptDirection.ToClient;

    private static readonly NetTranscriptEvent[] s_talk =
    [
        Event(NetTranscriptKind.Opened),
        Data(ToServer, "hello\r\n"),
        Data(ToClient, "来,确认下眼神\r\n"),
        Event(NetTranscriptKind.HalfClosed, ToServer),
        Event(NetTranscriptKind.HalfClosed, ToClient),
        Event(NetTranscriptKind.Closed),
    ];

    [Fact]
    public void A_timeline_has_bytes_directions_and_states()
        => Assert.Equal(
            [
                "#7 TCP 127.0.0.1:40000 --> 127.0.0.1:80, 2026-01-02 03:04:05.000",
                "  0.001000 ---           SYN, SYN ACK, ACK (ESTABLISHED | ESTABLISHED)",
                "  0.001000 -->        7  hello\u240d\u240a",
                "  0.001000 <--       21  来,确认下眼神\u240d\u240a",
                "  0.001000 -->           FIN (FIN-WAIT-2 | CLOSE-WAIT)",
                "  0.001000 <--           FIN (TIME-WAIT | CLOSED)",
                "  0.001000 ---           closed",
            ],
            Timeline(s_talk));

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(132)]
    public void No_line_is_wider_than_it_may_be(int columns)
    {
        NetTranscriptEvent[] events =
        [
            .. s_talk,
            Data(ToServer, string.Concat(Enumerable.Repeat("中文 and more\t\0", 50))),
            Data(ToServer, new byte[100]),
            Event(NetTranscriptKind.Fault, null, new string('x', 300)),
        ];
        foreach (ByteView view in Enum.GetValues<ByteView>())
        {
            Timeline timeline = new(columns, view, new Ink(false));
            Assert.All(events.SelectMany(timeline.Lines), line => Assert.InRange(CharacterWidth.Of(line), 0, columns));
        }

        if (columns >= 80)
        {
            Ladder ladder = new();
            LadderText text = new(columns, new Ink(false));
            Assert.All(
                events.SelectMany(ladder.Rows).Select(text.Draw).Concat(text.Title(events[0])),
                line => Assert.InRange(CharacterWidth.Of(line), 0, columns));
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_are_dumped_where_they_are_in_their_stream()
    {
        string[] lines = Timeline(
            [Event(NetTranscriptKind.Dropped, ToServer, length: 16), Data(ToServer, "abc"), Data(ToServer, [0xff, 0xfe, 0x41])]);
        Assert.Equal("  0013 ff fe 41                                        ..A", lines[^1]);
    }

    [Fact]
    public void A_character_that_reads_divide_is_whole_where_it_ends()
    {
        byte[] all = Encoding.UTF8.GetBytes("a来b");
        NetTranscriptEvent[] events =
        [
            Data(ToServer, all[..2]), Data(ToClient, "ok"), Data(ToServer, all[2..3]), Data(ToServer, all[3..]),
            Data(ToServer, all[1..2]), Event(NetTranscriptKind.HalfClosed, ToServer),
        ];
        Assert.Equal(["a[E6]", "ok", "[9D]", "来b", "[E6]"], Timeline(events)[1..^1].Select(line => line[25..]));
        Assert.Equal(
            ["2 bytes: a[E6]", "2 bytes: ok", "1 byte: [9D]", "2 bytes: 来b", "1 byte: [E6]"],
            events.SelectMany(new Ladder().Rows).Select(row => row.Text).Take(5));
    }

    [Fact]
    public void Half_a_character_is_not_completed_across_what_is_missing_and_no_datagram_by_another()
    {
        byte[] all = "é"u8.ToArray();
        string[] lines = Timeline(
            [Data(ToServer, all[..1]), Event(NetTranscriptKind.Dropped, ToServer, length: 1), Data(ToServer, all[1..])]);
        Assert.StartsWith("  0002 a9 ", lines[^1], StringComparison.Ordinal);

        NetTranscriptEvent[] datagrams =
        [
            .. all.Select(one => Event(NetTranscriptKind.Data, ToServer, data: [one], protocol: NetTranscriptProtocol.Udp)),
        ];
        lines = Timeline(datagrams);
        Assert.StartsWith("  0000 c3 ", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("  0001 a9 ", lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_cannot_be_commanded()
    {
        NetTranscriptEvent[] events = [Data(ToServer, "\u001b]52;c;eA==\u0007\u009b2J"), Event(NetTranscriptKind.Fault, null, "\u001b[2J")];
        foreach (ByteView view in Enum.GetValues<ByteView>())
        {
            Timeline timeline = new(80, view, new Ink(false));
            Assert.All(events.SelectMany(timeline.Lines).SelectMany(line => line), character => Assert.False(char.IsControl(character)));
        }
    }

    [Fact]
    public void What_frames_a_message_is_apart_from_it()
    {
        string[] lines = Timeline(
            [Data(ToServer, "\0\u0003one\0\u0003tw"), Data(ToServer, "o"), Data(ToClient, "\0\u0001x")],
            FramingParser.Parse("Length16"));
        Assert.Equal(
            ["[0003] one", "\u2400\u2403tw (part of a message, 4 bytes so far)", "[0003] two", "[0001] x"],
            lines[1..].Select(line => line[25..]));
    }

    [Fact]
    public void A_message_of_many_events_is_looked_at_once()
    {
        const int Count = 1000;
        byte[] piece = new byte[1000];
        Array.Fill(piece, (byte)'x');
        NetTranscriptEvent[] events = [.. Enumerable.Repeat(Data(ToServer, piece), Count), Data(ToServer, "\n")];
        Timeline timeline = new(80, ByteView.Auto, new Ink(false), FramingParser.Parse("Line"));
        string last = string.Empty;
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (NetTranscriptEvent item in events[..^1])
        {
            last = timeline.Lines(item).Last();
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.EndsWith("(part of a message, 1000000 bytes so far)", last, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, 100L * Count * piece.Length);
        Assert.Equal(Count * piece.Length, timeline.Lines(events[^1]).Sum(line => line.Count(character => character == 'x')));
    }

    [Theory]
    [InlineData("Slip", "C061C062DBDC63C064", "a", "b\u00c0c", "d")]
    [InlineData("Telnet", "61FF0D0AFFFB0162FFFFFA20FFF00D0A63", null)]
    [InlineData("Telnet", "FFFB0161FFFA01FFF0620D0A63", "ab", "c")]
    [InlineData("Varint", "0161026263", "a", "bc")]
    [InlineData("OctetCount", "3120613220626334", "a", "bc", "4")]
    public void Messages_are_the_same_however_they_are_cut(string framing, string bytes, params string[]? expected)
    {
        byte[] all = Convert.FromHexString(bytes);
        string[] whole = Messages(framing, [all]);
        if (expected is not null)
        {
            Assert.Equal(expected, whole);
        }

        Assert.Equal(whole, Messages(framing, [.. all.Select(one => new[] { one })]));

        static string[] Messages(string framing, byte[][] pieces)
        {
            FramedStream stream = new(FramingParser.Parse(framing));
            FramedPiece[] all = [.. pieces.SelectMany(stream.Take)];
            return [.. all.Where((piece, i) => piece.IsWhole || i == all.Length - 1)
                .Select(piece => Encoding.Latin1.GetString(piece.Payload))];
        }
    }

    [Fact]
    public void Conversations_that_have_ended_are_forgotten_and_datagrams_are_messages_already()
    {
        Timeline timeline = new(80, ByteView.Auto, new Ink(false), FramingParser.Parse("Line"));
        for (int id = 1; id <= 10; id++)
        {
            _ = timeline.Lines(Data(ToServer, "half", id)).Count();
            _ = timeline.Lines(Event(NetTranscriptKind.Closed, id: id)).Count();
        }

        Assert.Equal(0, timeline.Open);
        NetTranscriptEvent datagram = Event(NetTranscriptKind.Data, ToServer, data: [.. "half"u8], protocol: NetTranscriptProtocol.Udp);
        Assert.EndsWith(" half", timeline.Lines(datagram).Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_other_side_may_end_first_or_reset()
    {
        TcpStates states = new();
        states.Apply(Event(NetTranscriptKind.HalfClosed, ToClient));
        Assert.Equal((TcpStates.CloseWait, TcpStates.FinWait2), (states.Client, states.Server));
        states.Apply(Event(NetTranscriptKind.HalfClosed, ToServer));
        Assert.Equal((TcpStates.Closed, TcpStates.TimeWait), (states.Client, states.Server));
        states.Apply(Event(NetTranscriptKind.Reset, ToServer));
        Assert.Equal((TcpStates.Closed, TcpStates.Closed), (states.Client, states.Server));
    }

    [Fact]
    public void Conversations_that_go_on_side_by_side_are_drawn_one_after_the_other()
    {
        List<string> drawn = [];
        LadderPictures pictures = new(first => drawn.Add($"#{first.ConnectionId}"), row => drawn.Add(row.Text));
        foreach (NetTranscriptEvent item in new[]
        {
            Data(ToServer, "a", 1), Data(ToServer, "b", 2), Data(ToClient, "A", 1), Event(NetTranscriptKind.Closed, id: 1),
            Data(ToClient, "B", 2), Data(ToServer, "c", 3),
        })
        {
            pictures.Add(item);
        }

        Assert.Equal("#2", drawn[4]);
        pictures.End();
        Assert.Equal(
            ["#1", "1 byte: a", "1 byte: A", "closed", "#2", "1 byte: b", "1 byte: B", "#3", "1 byte: c"], drawn);
    }

    [Fact]
    public void Any_number_of_conversations_may_wait_for_one_that_does_not_end()
    {
        const int Many = 100_000;
        int begun = 0;
        LadderPictures pictures = new(_ => begun++, _ => { });
        pictures.Add(Data(ToServer, "a", 1));
        for (int id = 2; id <= Many; id++)
        {
            pictures.Add(Data(ToServer, "b", id));
            pictures.Add(Event(NetTranscriptKind.Closed, id: id));
        }

        pictures.End();
        Assert.Equal(Many, begun);
    }

    [Fact]
    public void What_is_said_of_an_event_has_no_control_characters()
        => Assert.All(
            Enum.GetValues<NetTranscriptKind>(),
            kind => Assert.DoesNotContain(
                EventText.Of(new NetTranscriptEvent { Kind = kind, Detail = "\u001b]52;c;x\u0007" }), char.IsControl));

    [Fact]
    public void The_image_is_XML_whatever_was_said()
    {
        LadderSvg image = new();
        Ladder ladder = new();
        image.Begin(s_talk[0]);
        NetTranscriptEvent[] events = [.. s_talk, Data(ToServer, "<script>&\0"), Data(ToServer, "\ufffe\uffff")];
        foreach (LadderRow row in events.SelectMany(ladder.Rows))
        {
            image.Draw(row);
        }

        XDocument document = XDocument.Parse(image.ToString());
        string[] texts = [.. document.Descendants().Where(item => item.Name.LocalName == "text").Select(item => item.Value)];
        Assert.Contains("21 bytes: 来,确认下眼神\u240d\u240a", texts);
        Assert.Contains(texts, text => text.Contains("<script>&\u2400", StringComparison.Ordinal));
        Assert.DoesNotContain(document.Descendants(), item => item.Name.LocalName == "script");
        Assert.DoesNotContain("href", image.ToString(), StringComparison.Ordinal);
    }

    private static string[] Timeline(IEnumerable<NetTranscriptEvent> events, MessageFraming? framing = null)
    {
        Timeline timeline = new(80, ByteView.Auto, new Ink(false), framing);
        return [.. events.SelectMany(timeline.Lines)];
    }

    private static NetTranscriptEvent Data(NetTranscriptDirection direction, string text, int id = 7)
        => Data(direction, Encoding.UTF8.GetBytes(text), id);

    private static NetTranscriptEvent Data(NetTranscriptDirection direction, byte[] data, int id = 7)
        => Event(NetTranscriptKind.Data, direction, null, data, id);

    private static NetTranscriptEvent Event(
        NetTranscriptKind kind,
        NetTranscriptDirection? direction = null,
        string? detail = null,
        byte[]? data = null,
        int id = 7,
        NetTranscriptProtocol protocol = NetTranscriptProtocol.Tcp,
        int length = 0) => new()
    {
        Protocol = protocol,
        Kind = kind,
        Direction = direction,
        Detail = detail,
        Bytes = data,
        Length = data?.Length ?? length,
        ConnectionId = id,
        Moment = new DateTime(2026, 1, 2, 3, 4, 5),
        Elapsed = TimeSpan.FromMilliseconds(1),
        Client = new IPEndPoint(IPAddress.Loopback, 40000),
        Server = new IPEndPoint(IPAddress.Loopback, 80),
    };
}
