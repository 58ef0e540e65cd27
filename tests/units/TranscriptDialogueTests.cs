using System.Text;
using PSNetLab.Engine.Capture.Views;
using PSNetLab.Engine.Dialogue;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Tests;

/// <summary>Transcripts as the steps of a dialogue.</summary>
public class TranscriptDialogueTests
{
    [Fact]
    public void What_was_said_line_by_line_is_a_dialogue()
    {
        string[] steps = Steps(new Recorded().Opened().Answers("220 hi\r\n").Asks("EHLO").Asks(" me\r\n/x/\r\n")
            .Answers("250-a\r\n250 b").Asks("QUIT").Note(NetTranscriptKind.Reset, ToClient));
        Assert.Equal(
            ["S: 220 hi", "C: EHLO me", "C: `/x/", "S: 250-a", "S: 250 b", "C: QUIT", "!reset"], steps);
        Assert.Equal(7, DialogueText.ParseLines(steps, Encoding.UTF8).Count());
    }

    [Fact]
    public void A_read_may_divide_a_character_and_the_end_of_a_line()
        => Assert.Equal(
            ["S: \u6765", "C: a", "S: b"],
            Steps(new Recorded().Answers([0xe6, 0x9d]).Answers([0xa5, (byte)'\r']).Answers("\n").Asks("a\r\n").Answers("b\r")));

    [Fact]
    public void A_peer_cannot_write_steps_of_its_own()
    {
        Refuses(new Recorded().Answers("a\rC: b\n"), "a CR without an LF");
        Refuses(new Recorded().Answers("10%\r").Answers("20%\r\n"), "a CR without an LF");
    }

    [Fact]
    public void What_is_no_text_is_no_dialogue()
    {
        Refuses(new Recorded().Asks("a\0\n"), "the control character U+0000");
        Refuses(new Recorded().Answers([0xf6, (byte)'\n']), "bytes that are none");
        Refuses(new Recorded().Answers([0xe6, 0x9d]), "half a character");
        Refuses(new Recorded().Answers([0xe6, 0x9d]).Ends(ToClient), "half a character");
        Refuses(new Recorded(protocol: NetTranscriptProtocol.Udp).Answers([0xe6, 0x9d]).Answers([0xa5]), "bytes that are none");
    }

    [Fact]
    public void What_is_of_two_connections_or_incomplete_is_no_dialogue()
    {
        NetTranscriptEvent[] events = new Recorded().Asks("a\n").Events;
        Refuses([.. events, .. new Recorded(99).Asks("x").Events], "of one connection");
        Refuses([Recorded.Dropped(events[0], ToServer, 5000), .. events], "5000 bytes are missing");
    }

    private static string[] Steps(Recorded recorded) => Steps(recorded.Events);

    private static string[] Steps(NetTranscriptEvent[] events)
    {
        DialogueWriter writer = new();
        return [.. events.SelectMany(writer.Take), .. writer.End()];
    }

    private static void Refuses(Recorded recorded, string expected) => Refuses(recorded.Events, expected);

    private static void Refuses(NetTranscriptEvent[] events, string expected)
    {
        NetLabException error = Assert.Throws<NetLabException>(() => Steps(events));
        Assert.Equal(FaultKind.InvalidParameters, error.Kind);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
