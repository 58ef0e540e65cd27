using System.Text;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>Framings whose messages are not on the wire as they are: Slip and Telnet.</summary>
public class EscapedFramingTests
{
    private const string Iac = "\u00ff";
    private const string Subnegotiation = "\u00ff\u00fa\u0018\u0001\u00ff\u00ff,\r\n\u00ff\u00f0";

    public static TheoryData<string, string, string[], string> Streams => new()
    {
        { "Slip", "ab\u00c0c\u00c0", ["ab", "c"], "" },
        { "Slip", "\u00c0\u00c0ab\u00c0\u00c0c\u00c0\u00c0", ["ab", "c"], "" },
        { "Slip", "a\u00db\u00dcb\u00db\u00dd\u00c0\u00db\u00dc\u00c0de", ["a\u00c0b\u00db", "\u00c0"], "de" },
        { "Slip", "\u00db\u00dc\u00db\u00dc\u00db\u00ddx\u00db", [], "\u00c0\u00c0\u00dbx" },
        { "Slip", "\0\u00dc\u00dd\u00ff\u00c0", ["\0\u00dc\u00dd\u00ff"], "" },
        { "Telnet", "one\r\ntwo\nthree\r\0four", ["one", "two", "three"], "four" },
        { "Telnet", "\r\n\n\r\0", ["", "", ""], "" },
        { "Telnet", "a\rb\r\r\nc\r", ["a\rb\r"], "c\r" },
        { "Telnet", $"{Iac}{Iac}a{Iac}{Iac}b{Iac}{Iac}\r\n", [$"{Iac}a{Iac}b{Iac}"], "" },
        { "Telnet", $"{Iac}\u00fd\u0001{Iac}\u00fb\u0003lo{Iac}\u00f1gin{Iac}\u00fe\u0001\r{Iac}\u00f9\n", ["login\r"], "" },
        { "Telnet", $"a{Subnegotiation}b{Subnegotiation}\r\nc{Subnegotiation}", ["ab"], "c" },
        { "Telnet", $"{Iac}\u00fd\r{Iac}\u00fb\n{Iac}\u00fc{Iac}x\r\n", ["x"], "" },
    };

    public static TheoryData<string> Framings => new("Slip", "Telnet", "TelnetRaw");

    [Theory]
    [MemberData(nameof(Streams))]
    public void The_same_at_every_cut_and_byte_by_byte(string framing, string stream, string[] frames, string rest)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            AssertDecoded(new FramingRun(FramingRun.Framing(framing)).Read(bytes.AsSpan(0, cut)).Read(bytes.AsSpan(cut)), frames, rest);
        }

        FramingRun slow = new(FramingRun.Framing(framing));
        foreach (byte one in bytes)
        {
            slow.Read([one]);
        }

        AssertDecoded(slow, frames, rest);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\r\nb\r\0c\r", "a\r\nb\rc\r")]
    [InlineData("\r\0\r\0\n", "\r\r\n")]
    [InlineData("\u00ff\u00fd\u0018login: \u00ff\u00f9", "login: ")]
    [InlineData("a\u00ff\u00ffb", "a\u00ffb")]
    [InlineData("a" + Subnegotiation + "b", "ab")]
    public void What_reads_gave_is_the_same_text_at_every_cut(string stream, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        for (int first = 0; first <= bytes.Length; first++)
        {
            for (int second = first; second <= bytes.Length; second++)
            {
                FramingRun run = new FramingRun(TelnetFraming.Reads).Read(bytes.AsSpan(0, first)).Read(bytes.AsSpan(first..second))
                    .Read(bytes.AsSpan(second));
                Assert.Equal(text, string.Concat(run.Frames.Select(Encoding.Latin1.GetString)));
                Assert.Equal(0, run.Reader.Pending);
            }
        }
    }

    [Theory]
    [InlineData("Telnet")]
    [InlineData("TelnetRaw")]
    public void Every_option_is_refused_once_at_every_cut(string framing)
    {
        // DO 24, WILL 1, WONT 3, DONT 5, a subnegotiation with a command in it, DO 255.
        byte[] bytes = Convert.FromHexString("FFFD18" + "61" + "FFFB01" + "FFFC03FFFE05" + "FFFA18FFFD01FFF0" + "FFFDFF");
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            FramingRun run = new FramingRun(FramingRun.Framing(framing)).Read(bytes.AsSpan(0, cut)).Read(bytes.AsSpan(cut));
            Assert.Equal("FFFC18" + "FFFE01" + "FFFCFF", Convert.ToHexString(run.Reader.Answers));
            run.Reader.EndAnswers();
            Assert.True(run.Reader.Answers.IsEmpty);
        }
    }

    [Fact]
    public void Answers_that_nobody_takes_are_limited()
    {
        FramingRun run = new(TelnetFraming.Lines);
        byte[] requests = [.. Enumerable.Repeat<byte[]>([255, 253, 24], 10_000).SelectMany(one => one)];
        for (int i = 0; i < 20; i++)
        {
            run.Read(requests);
        }

        Assert.InRange(run.Reader.Answers.Length, 3, 100_000);
        Assert.Equal(0, run.Reader.Pending);
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public void Messages_come_back_as_they_were_sent_in_random_chunks(string framing)
    {
        Random random = new(11);
        MessageFraming parsed = FramingRun.Framing(framing);
        byte[][] messages = [.. Enumerable.Range(0, 500).Select(_ => Message(framing, random))];
        byte[] stream = FramingRun.Encode(parsed, messages);
        FramingRun run = new(parsed);
        for (int at = 0; at < stream.Length;)
        {
            int count = Math.Min(stream.Length - at, random.Next(1, 60));
            run.Read(stream.AsSpan(at, count), park: random.Next(2) == 0);
            at += count;
        }

        if (framing == "TelnetRaw")
        {
            Assert.Equal(messages.SelectMany(one => one), run.Frames.SelectMany(one => one));
        }
        else
        {
            Assert.Equal(messages, run.Frames);
        }

        Assert.Equal(0, run.Reader.Pending);
        Assert.True(run.Reader.Answers.IsEmpty);
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public void Nonsense_in_random_chunks_is_read_as_in_one(string framing)
    {
        Random random = new(12);
        for (int round = 0; round < 2000; round++)
        {
            byte[] stream = new byte[random.Next(0, 120)];
            random.GetItems(
                (ReadOnlySpan<byte>)[0xC0, 0xC0, 0xDB, 0xDC, 0xDD, 0xFF, 0xFF, 0xFA, 0xF0, 0xFB, 0xFD, 0, 13, 10, 65, 66], stream);
            FramingRun whole = new FramingRun(FramingRun.Framing(framing), 50).Read(stream);
            FramingRun torn = new(FramingRun.Framing(framing), 50);
            for (int at = 0; at < stream.Length && torn.Status is FrameStatus.Incomplete;)
            {
                int count = Math.Min(stream.Length - at, random.Next(1, 9));
                torn.Read(stream.AsSpan(at, count));
                at += count;
            }

            Assert.Equal(whole.Status, torn.Status);
            Assert.Equal(All(whole), All(torn));
            Assert.Equal(whole.Reader.Answers, torn.Reader.Answers);
            if (framing != "TelnetRaw")
            {
                Assert.Equal(whole.Frames, torn.Frames);
            }
        }

        static byte[] All(FramingRun run) => [.. run.Frames.SelectMany(one => one), .. run.Status == 0 ? run.TakeRest() : []];
    }

    [Theory]
    [InlineData("Slip", 0xC0)]
    [InlineData("Telnet", 0)]
    [InlineData("TelnetRaw", 0)]
    public void What_belongs_to_no_message_is_not_kept(string framing, byte nothing)
    {
        FramingRun run = new(FramingRun.Framing(framing));
        byte[] bytes = framing == "Slip" ? [nothing, nothing, nothing] : [255, 241, 255, 250, 1, 2, 3, 255, 240];
        run.Read(framing == "TelnetRaw" ? [] : "a"u8);
        for (int i = 0; i < 1000; i++)
        {
            run.Read(bytes);
            Assert.InRange(run.Reader.Pending, 0, 10);
        }
    }

    [Theory]
    [InlineData("Slip", "a\u00c0b\u00db\u00dc\u00dbc", "neither DC nor DD")]
    [InlineData("OctetCount", "<34>Oct 11 22:14:15 host", "'<34>Oct 11 22:14:15 '")]
    [InlineData("OctetCount", "3 abc\n3 abc", "'.3 abc'")]
    [InlineData("OctetCount", "03 abc", "'03 abc'")]
    [InlineData("OctetCount", "0 3 abc", "digits and a space")]
    [InlineData("OctetCount", "3:abc", "framing Line")]
    [InlineData("OctetCount", " abc", "' abc'")]
    [InlineData("Netstring", "3 abc,", "digits and a colon")]
    [InlineData("Netstring", "3:abcd", "end with a comma")]
    [InlineData("Netstring", "00:,", "'00:,'")]
    [InlineData("Netstring", "-1:a,", "'-1:a,'")]
    [InlineData("Varint", "\u0080\u0080\u0080\u0080\u0080\u0001", "more than 5 bytes")]
    [InlineData("Length16:Includes=Length", "\0\u0001abc", "its length is 1, but with Length16:Includes=Length it must be at least 2")]
    [InlineData("Length8:Offset=2:Includes=Header", "ab\u0002", "must be at least 3")]
    [InlineData("Length8:Adjust=-4", "\u0003", "must be at least 4")]
    public void What_can_be_no_frame_is_told_at_every_cut(string framing, string stream, string words)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            FramingRun run = new FramingRun(FramingRun.Framing(framing)).Read(bytes.AsSpan(0, cut));
            if (run.Status == FrameStatus.Incomplete)
            {
                run.Read(bytes.AsSpan(cut));
                Assert.Contains(words, run.Reader.Complaint, StringComparison.Ordinal);
            }

            Assert.Equal(FrameStatus.Malformed, run.Status);
        }
    }

    [Theory]
    [InlineData("Slip", "\u00db\u00dc", 20)]
    [InlineData("Telnet", "\u00ff\u00ff", 20)]
    [InlineData("Telnet", "\u00ff\u00f1x", 20)]
    public void Only_what_belongs_to_a_message_counts_for_its_limit(string framing, string unit, int limit)
    {
        byte[] one = Encoding.Latin1.GetBytes(unit);
        FramingRun run = new(FramingRun.Framing(framing), limit);
        for (int i = 0; i < limit; i++)
        {
            run.Read(one);
            Assert.Equal(FrameStatus.Incomplete, run.Status);
        }

        run.Read(one);
        Assert.Equal(FrameStatus.TooLong, run.Status);
        Assert.Equal(limit + 1, run.Length);
    }

    [Fact]
    public void A_subnegotiation_has_a_limit()
    {
        FramingRun run = new FramingRun(TelnetFraming.Reads, 20).Read([255, 250]);
        int sent = 0;
        for (; run.Status == FrameStatus.Incomplete; sent++)
        {
            run.Read([1]);
        }

        Assert.Equal(FrameStatus.TooLong, run.Status);
        Assert.Equal(21, sent);
    }

    [Fact]
    public void A_read_of_Telnet_is_not_larger_than_the_limit()
    {
        FramingRun run = new FramingRun(TelnetFraming.Reads, 5).Read("123456789\u00ff\u00ffABCD"u8);

        Assert.All(run.Frames, frame => Assert.InRange(frame.Length, 1, 5));
    }

    [Theory]
    [InlineData("Slip")]
    [InlineData("OctetCount")]
    public void An_empty_message_is_refused(string framing)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => FramingRun.Framing(framing).EncodedLength([]));

        Assert.Equal(FaultKind.MessageLengthMismatch, fault.Kind);
        Assert.Contains(framing, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Length8:Offset=4", 3, FaultKind.MessageLengthMismatch, "at least 4")]
    [InlineData("Length8:Offset=1:Adjust=2", 2, FaultKind.MessageLengthMismatch, "at least 3")]
    [InlineData("Length8:Includes=Length", 255, FaultKind.MessageTooLong, "at most 254")]
    [InlineData("Length8:Offset=4:Includes=Header", 255, FaultKind.MessageTooLong, "at most 254")]
    [InlineData("Length8:Offset=4", 260, FaultKind.MessageTooLong, "at most 259")]
    public void A_message_that_does_not_fit_its_header_is_refused(string framing, int length, FaultKind kind, string words)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => FramingRun.Framing(framing).EncodedLength(new byte[length]));

        Assert.Equal(kind, fault.Kind);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Telnet_has_no_lines_in_UTF_16()
        => Assert.Equal(
            FaultKind.InvalidFraming, Assert.Throws<NetLabException>(() => TelnetFraming.Lines.In(Encoding.Unicode)).Kind);

    [Fact]
    public void Reads_without_a_message_are_not_counted_for_the_next()
    {
        FramingRun run = new FramingRun(TelnetFraming.Lines).Read([255, 241]).Read([255, 241]).Read("a\n"u8);

        Assert.Equal([1], run.Reads);
    }

    [Fact]
    public void Who_reads_otherwise_gets_what_was_not_taken()
    {
        FramingRun run = new FramingRun(TelnetFraming.Lines).Read("abc"u8).Read([255, 241]).Read("d"u8);

        Assert.Equal("abcd"u8, run.Reader.LeaveToOther().Pending);
    }

    private static void AssertDecoded(FramingRun run, string[] frames, string rest)
    {
        Assert.Equal(frames, run.Frames.Select(Encoding.Latin1.GetString));
        Assert.Equal(rest, Encoding.Latin1.GetString(run.TakeRest()));
    }

    private static byte[] Message(string framing, Random random)
    {
        byte[] message = new byte[random.Next(1, 40)];
        if (framing == "Telnet")
        {
            // CR and LF would end the line.
            random.GetItems((ReadOnlySpan<byte>)[0, 255, 255, 250, 240, 251, 65, 66], message);
        }
        else
        {
            random.NextBytes(message);
        }

        return message;
    }
}
