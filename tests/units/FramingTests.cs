using System.Text;
using PSNetLab.Engine.Framing;

namespace PSNetLab.Engine.Tests;

public class FramingTests
{
    [Theory]
    [InlineData("Raw", "hi", "6869")]
    [InlineData("Line", "hi", "68690A")]
    [InlineData("Null", "hi", "686900")]
    [InlineData("Length8", "hi", "026869")]
    [InlineData("Length16", "hi", "00026869")]
    [InlineData("Length16LE", "hi", "02006869")]
    [InlineData("Length32", "hi", "000000026869")]
    [InlineData("Length32LE", "hi", "020000006869")]
    [InlineData("Fixed:2", "hi", "6869")]
    [InlineData("Delimiter:0D0A", "hi", "68690D0A")]
    [InlineData("CrLf", "hi", "68690D0A")]
    [InlineData("Length24", "hi", "0000026869")]
    [InlineData("Length24LE", "hi", "0200006869")]
    [InlineData("Length64", "hi", "00000000000000026869")]
    [InlineData("Length64LE", "hi", "02000000000000006869")]
    [InlineData("Length16:Offset=1", "hi!", "6800026921")]
    [InlineData("Length16:Offset=1:Includes=Length", "hi!", "6800046921")]
    [InlineData("Length16LE:Offset=1:Includes=Header", "hi!", "6805006921")]
    [InlineData("Length8:Adjust=-4", "hi", "066869")]
    [InlineData("Length8:Adjust=2", "hi", "006869")]
    [InlineData("OctetCount", "hello world!", "31322068656C6C6F20776F726C6421")]
    [InlineData("Netstring", "hello world!", "31323A68656C6C6F20776F726C64212C")]
    [InlineData("Netstring", "", "303A2C")]
    [InlineData("Varint", "hi", "026869")]
    [InlineData("Varint", "", "00")]
    [InlineData("Slip", "hi", "6869C0")]
    [InlineData("Telnet", "hi", "68690D0A")]
    [InlineData("Telnet", "", "0D0A")]
    [InlineData("TelnetRaw", "hi", "6869")]
    [InlineData("Line", "", "0A")]
    [InlineData("Null", "", "00")]
    [InlineData("Length8", "", "00")]
    [InlineData("Length16", "", "0000")]
    [InlineData("Length32LE", "", "00000000")]
    [InlineData("Delimiter:0D0A", "", "0D0A")]
    public void A_frame_on_the_wire_is_what_the_name_says(string framing, string text, string wire)
    {
        MessageFraming parsed = FramingRun.Framing(framing);
        byte[] payload = Encoding.ASCII.GetBytes(text);

        byte[] frame = FramingRun.Encode(parsed, payload);

        Assert.Equal(wire, Convert.ToHexString(frame));
        Assert.Equal(payload, Assert.Single(new FramingRun(parsed).Read(frame).Frames));
    }

    [Theory]
    [InlineData("Length8", 255)]
    [InlineData("Length16", 255)]
    [InlineData("Length16", 256)]
    [InlineData("Length16", 65535)]
    [InlineData("Length16LE", 256)]
    [InlineData("Length16LE", 65535)]
    [InlineData("Length24", 65536)]
    [InlineData("Length64LE", 65536)]
    [InlineData("OctetCount", 9)]
    [InlineData("OctetCount", 10)]
    [InlineData("Netstring", 99999)]
    [InlineData("Netstring", 100000)]
    [InlineData("Varint", 127)]
    [InlineData("Varint", 128)]
    [InlineData("Varint", 16383)]
    [InlineData("Varint", 16384)]
    [InlineData("Slip", 300000)]
    [InlineData("Length32", 65536)]
    [InlineData("Length32LE", 65536)]
    [InlineData("Fixed:70000", 70000)]
    public void A_length_at_the_edge_of_its_bytes_comes_back(string framing, int length)
    {
        MessageFraming parsed = FramingRun.Framing(framing);
        byte[] payload = new byte[length];
        new Random(length).NextBytes(payload);

        FramingRun run = new FramingRun(parsed).Read(FramingRun.Encode(parsed, [payload, payload]));

        Assert.Equal([payload, payload], run.Frames);
        Assert.Equal(0, run.Reader.Pending);
    }

    [Theory]
    [InlineData("a\nb\n", "a", "b")]
    [InlineData("a\r\nb\r\n", "a", "b")]
    [InlineData("a\r\r\n", "a\r")]
    [InlineData("a\rb\n", "a\rb")]
    [InlineData("\r\n\n\r\r\n", "", "", "\r")]
    [InlineData("a\n\rb\n", "a", "\rb")]
    public void A_line_ends_with_LF_and_loses_one_CR(string stream, params string[] lines)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(stream);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            FramingRun run = new FramingRun(DelimiterFraming.Line).Read(bytes.AsSpan(0, cut)).Read(bytes.AsSpan(cut));
            Assert.Equal(lines, run.Frames.Select(Encoding.ASCII.GetString));
            Assert.Equal(0, run.Reader.Pending);
        }
    }

    [Fact]
    public void A_CR_at_the_end_of_the_stream_is_part_of_the_rest()
    {
        FramingRun run = new FramingRun(DelimiterFraming.Line).Read("a\nb\r"u8);

        Assert.Equal("a"u8.ToArray(), Assert.Single(run.Frames));
        Assert.Equal("b\r"u8.ToArray(), run.TakeRest());
    }

    [Theory]
    [InlineData("AAAB", "xAAAAB-AAAB-AAABAAAAAB", "", "xA", "-", "-", "AA")]
    [InlineData("aab", "aaab-aab-aaaabaa", "aa", "a", "-", "-aa")]
    [InlineData("abab", "abaabab-ababab-ababab", "ab", "aba", "-", "ab-")]
    public void A_delimiter_that_overlaps_itself_is_found_at_its_first_place(
        string delimiter, string stream, string rest, params string[] frames)
    {
        MessageFraming framing = FramingParser.FromDelimiter(Encoding.ASCII.GetBytes(delimiter));
        byte[] bytes = Encoding.ASCII.GetBytes(stream);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            FramingRun run = new FramingRun(framing).Read(bytes.AsSpan(0, cut)).Read(bytes.AsSpan(cut));
            Assert.Equal(frames, run.Frames.Select(Encoding.ASCII.GetString));
            Assert.Equal(rest, Encoding.ASCII.GetString(run.TakeRest()));
        }
    }

    [Theory]
    [InlineData("Length8", 256, "Length8 can announce at most 255")]
    [InlineData("Length16", 65536, "Length16 can announce at most 65535")]
    [InlineData("Length16LE", 65536, "Length16LE can announce at most 65535")]
    public void A_message_too_long_for_its_prefix_is_refused(string framing, int length, string words)
    {
        MessageFraming parsed = FramingRun.Framing(framing);

        Assert.Equal(length - 1 + (parsed.EncodedLength([])), parsed.EncodedLength(new byte[length - 1]));
        NetLabException fault = Assert.Throws<NetLabException>(() => parsed.EncodedLength(new byte[length]));

        Assert.Equal(FaultKind.MessageTooLong, fault.Kind);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_message_of_another_length_than_fixed_is_refused(int length)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => FramingRun.Framing("Fixed:4").EncodedLength(new byte[length]));

        Assert.Equal(FaultKind.MessageLengthMismatch, fault.Kind);
        Assert.Contains($"has {length} bytes", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Fixed:4", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Line")]
    [InlineData("Null")]
    [InlineData("Length32")]
    [InlineData("Length32LE")]
    [InlineData("OctetCount")]
    [InlineData("Netstring")]
    [InlineData("Varint")]
    [InlineData("Slip")]
    [InlineData("Telnet")]
    [InlineData("Delimiter:0D0A")]
    [InlineData("Delimiter:41414142")]
    [InlineData("Fixed:5000000")]
    public void A_huge_frame_comes_whole(string framing)
    {
        const int Length = 5_000_000;
        MessageFraming parsed = FramingRun.Framing(framing);
        byte[] payload = new byte[Length];
        Array.Fill(payload, (byte)'A');
        new Random(5).NextBytes(payload.AsSpan(1000, 1000));
        foreach (byte special in new byte[] { 0, (byte)'\n', (byte)'\r', (byte)'B' })
        {
            payload.AsSpan().Replace(special, (byte)'A');
        }

        FramingRun run = new(parsed, Length);
        byte[] frame = FramingRun.Encode(parsed, payload);
        byte[][] reads = [.. frame.Chunk(60_000)];
        foreach (byte[] read in reads)
        {
            run.Read(read);
        }

        Assert.True(payload.AsSpan().SequenceEqual(Assert.Single(run.Frames)));
        Assert.InRange(Assert.Single(run.Reads), reads.Length, reads.Length * 2);
        Assert.Equal(0, run.Reader.Pending);
    }
}
