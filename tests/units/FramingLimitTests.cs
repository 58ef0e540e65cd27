using PSNetLab.Engine.Framing;

namespace PSNetLab.Engine.Tests;

public class FramingLimitTests
{
    private const int Limit = 20;

    public static TheoryData<string> Framings => new(
        "Line", "Null", "Length8", "Length16", "Length16LE", "Length32", "Length32LE", "Length24", "Length64LE",
        "Length16LE:Offset=2:Includes=Header",
        "OctetCount", "Netstring", "Varint", "Slip", "Telnet", "Delimiter:0D0A", "Delimiter:41414142");

    [Theory]
    [MemberData(nameof(Framings))]
    public void A_message_up_to_the_limit_passes_at_every_cut(string framing)
    {
        MessageFraming parsed = FramingRun.Framing(framing);
        foreach (int length in new[] { Limit - 1, Limit })
        {
            byte[] payload = Payload(length);
            byte[] stream = FramingRun.Encode(parsed, [payload, payload]);
            for (int cut = 0; cut <= stream.Length; cut++)
            {
                FramingRun run = new FramingRun(parsed, Limit).Read(stream.AsSpan(0, cut)).Read(stream.AsSpan(cut));
                Assert.Equal([payload, payload], run.Frames);
                Assert.NotEqual(FrameStatus.TooLong, run.Status);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public void A_message_over_the_limit_is_found_at_every_cut(string framing)
    {
        MessageFraming parsed = FramingRun.Framing(framing);
        byte[] stream = FramingRun.Encode(parsed, [Payload(3), Payload(Limit + 1)]);
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            FramingRun run = new FramingRun(parsed, Limit).Read(stream.AsSpan(0, cut)).Read(stream.AsSpan(cut));
            Assert.Equal([Payload(3)], run.Frames);
            Assert.Equal(FrameStatus.TooLong, run.Status);
            Assert.True(run.Length > Limit);
        }
    }

    [Theory]
    [InlineData("Length8", "15", 21)]
    [InlineData("Length8", "FF", 255)]
    [InlineData("Length16", "0015", 21)]
    [InlineData("Length16LE", "1500", 21)]
    [InlineData("Length16", "FFFF", 65535)]
    [InlineData("Length32", "00000015", 21)]
    [InlineData("Length32LE", "15000000", 21)]
    [InlineData("Length32", "7FFFFFFF", int.MaxValue)]
    [InlineData("Length32", "FFFFFFFF", uint.MaxValue)]
    [InlineData("Length32LE", "FFFFFFFF", uint.MaxValue)]
    [InlineData("Length24", "FFFFFF", 0xFFFFFF)]
    [InlineData("Length64", "FFFFFFFFFFFFFFFF", long.MaxValue / 2)]
    [InlineData("Length64LE", "0000000000000080", long.MaxValue / 2)]
    [InlineData("Length8:Offset=2:Includes=Header", "AAAA18", 23)]
    [InlineData("Length16:Adjust=-1", "0016", 21)]
    [InlineData("Varint", "15", 21)]
    [InlineData("Varint", "FFFFFFFF7F", (1L << 35) - 1)]
    [InlineData("OctetCount", "3231", 21)]
    [InlineData("Netstring", "3939", 99)]
    public void A_length_prefix_over_the_limit_is_refused_without_its_bytes(string framing, string header, long announced)
    {
        FramingRun run = new(FramingRun.Framing(framing), Limit);
        byte[] bytes = Convert.FromHexString(header);

        run.Read(bytes.AsSpan(0, bytes.Length - 1));
        Assert.Equal(FrameStatus.Incomplete, run.Status);
        run.Read(bytes.AsSpan(bytes.Length - 1));

        Assert.Equal(FrameStatus.TooLong, run.Status);
        Assert.Equal(announced, run.Length);
    }

    [Theory]
    [InlineData("Line", 1)]
    [InlineData("Null", 1)]
    [InlineData("Delimiter:41", 1)]
    [InlineData("Delimiter:0D0A", 2)]
    [InlineData("Delimiter:0D0D0A", 3)]
    [InlineData("Delimiter:41414142", 4)]
    public void A_message_without_delimiter_is_refused_as_soon_as_none_could_save_it(string framing, int delimiterBytes)
    {
        FramingRun run = new(FramingRun.Framing(framing), Limit);
        int received = 0;
        while (run.Status != FrameStatus.TooLong)
        {
            run.Read("x"u8);
            received++;
        }

        Assert.InRange(received, Limit + 1, Limit + delimiterBytes);
        Assert.Equal(Limit + 1, run.Length);
    }

    [Fact]
    public void The_CR_of_a_line_does_not_count()
    {
        byte[] payload = Payload(Limit);

        FramingRun run = new(DelimiterFraming.Line, Limit);
        foreach (byte one in (byte[])[.. payload, (byte)'\r', (byte)'\n'])
        {
            run.Read([one]);
            Assert.NotEqual(FrameStatus.TooLong, run.Status);
        }

        Assert.Equal(payload, Assert.Single(run.Frames));
    }

    [Fact]
    public void A_second_CR_counts()
    {
        FramingRun run = new FramingRun(DelimiterFraming.Line, Limit).Read(Payload(Limit)).Read("\r"u8);
        Assert.Equal(FrameStatus.Incomplete, run.Status);

        run.Read("\r"u8);
        Assert.Equal(FrameStatus.TooLong, run.Status);
    }

    [Theory]
    [InlineData(Limit, false)]
    [InlineData(Limit + 1, true)]
    public void A_fixed_length_is_judged_at_its_first_byte(int length, bool tooLong)
    {
        FramingRun run = new FramingRun(FramingParser.FromFixedLength(length), Limit).Read("x"u8);

        Assert.Equal(tooLong ? FrameStatus.TooLong : FrameStatus.Incomplete, run.Status);
        Assert.Equal(length, run.Length);
    }

    [Fact]
    public void A_limit_is_no_reason_to_refuse_messages_glued_to_more_than_it()
    {
        byte[][] messages = [.. Enumerable.Range(0, 1000).Select(_ => Payload(Limit))];

        FramingRun run = new FramingRun(DelimiterFraming.Line, Limit).Read(FramingRun.Encode(DelimiterFraming.Line, messages));

        Assert.Equal(messages, run.Frames);
        Assert.All(run.Reads, reads => Assert.Equal(1, reads));
    }

    [Fact]
    public void Empty_messages_pass_a_limit_of_zero()
    {
        FramingRun run = new FramingRun(DelimiterFraming.Line, limit: 0).Read("\n\r\n\n"u8);
        Assert.Equal(3, run.Frames.Count);

        run.Read("x"u8);
        Assert.Equal(FrameStatus.TooLong, run.Status);
    }

    private static byte[] Payload(int length)
    {
        byte[] payload = new byte[length];
        Array.Fill(payload, (byte)'x');
        return payload;
    }
}
