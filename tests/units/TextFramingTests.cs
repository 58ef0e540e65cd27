using System.Text;
using PSNetLab.Engine.Framing;

namespace PSNetLab.Engine.Tests;

/// <summary>Delimiters that are text, in the encoding of the messages.</summary>
public class TextFramingTests
{
    static TextFramingTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    [InlineData("GB18030")]
    [InlineData("shift_jis")]
    public void A_line_ends_in_its_encoding(string name)
    {
        Encoding encoding = Encoding.GetEncoding(name);
        AssertDecodes(DelimiterFraming.Line.In(encoding), encoding, "一\r\n\nb\rc\r\n", "", "一", "", "b\rc");
        Assert.Equal("Line", DelimiterFraming.Line.In(encoding).Name);
    }

    [Theory]
    [InlineData("utf-16", "\u010a\u0a05\u0d0a\n一\u0000\n", "\u010a\u0a05\u0d0a", "一\u0000")]
    [InlineData("utf-16BE", "\u0a00\u000a\u0d00\u0a00\n", "\u0a00", "\u0d00\u0a00")]
    [InlineData("utf-32", "\u0a00\n\u0100\n", "\u0a00", "\u0100")]
    public void A_line_of_wide_characters_does_not_end_in_the_middle_of_one(string name, string stream, params string[] lines)
    {
        Encoding encoding = Encoding.GetEncoding(name);
        AssertDecodes(DelimiterFraming.Line.In(encoding), encoding, stream, "", lines);
    }

    [Fact]
    public void A_delimiter_of_GB18030_is_found_only_where_a_character_begins()
    {
        Encoding encoding = Encoding.GetEncoding("GB18030");
        MessageFraming framing = FramingParser.FromDelimiter("。").In(encoding);
        Assert.Equal("Delimiter:A1A3", framing.Name);

        // 0xB0 0xA1 0xA3 0xB1 holds A1 A3 across two characters.
        string across = encoding.GetString([0xB0, 0xA1, 0xA3, 0xB1]);
        Assert.Equal(2, across.Length);
        AssertDecodes(framing, encoding, $"{across}。你好。€\u00dd。x", "x", across, "你好", "€\u00dd");
    }

    [Fact]
    public void A_digit_inside_of_four_bytes_is_no_delimiter()
    {
        Encoding encoding = Encoding.GetEncoding("GB18030");
        byte[] four = encoding.GetBytes("\u00dd");
        Assert.Equal(4, four.Length);
        string digit = ((char)four[1]).ToString();
        AssertDecodes(FramingParser.FromDelimiter(digit).In(encoding), encoding, $"\u00dd{digit}b{digit}", "", "\u00dd", "b");
    }

    [Fact]
    public void A_zero_character_ends_a_message_in_UTF_16()
        => AssertDecodes(DelimiterFraming.Null.In(Encoding.Unicode), Encoding.Unicode, "ab\0\0c\0", "", "ab", "", "c");

    [Fact]
    public void Bytes_stay_what_they_are()
    {
        MessageFraming framing = FramingParser.FromDelimiter([0x0A]);
        Assert.Same(framing, framing.In(Encoding.Unicode));
        Assert.Same(DelimiterFraming.Line, DelimiterFraming.Line.In(Encoding.UTF8));
    }

    [Fact]
    public void A_delimiter_that_the_encoding_does_not_have_is_an_error()
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => FramingParser.FromDelimiter("。").In(Encoding.ASCII));
        Assert.Equal(FaultKind.InvalidFraming, fault.Kind);
        Assert.Contains("'。' does not exist in us-ascii", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever the encoding, a delimiter is found where it is and nowhere else, or it is refused.</summary>
    [Theory]
    [InlineData("\n")]
    [InlineData("|")]
    [InlineData("。")]
    [InlineData("ア")]
    public void A_delimiter_is_found_in_every_encoding_or_refused(string delimiter)
    {
        int[] shifting = [50220, 50221, 50222, 50225, 52936]; // ISO-2022-JP three times, ISO-2022-KR, HZ: known, but not listed
        List<int> refused = [];

        // UTF-7 is off.
        foreach (int page in Encoding.GetEncodings().Select(info => info.CodePage).Where(page => page != 65000).Concat(shifting))
        {
            Encoding encoding = Encoding.GetEncoding(page);
            string[] characters = [.. "a|ポ一가é中亘㐀—ﾎ0~".Where(one => !delimiter.Contains(one)).Select(one => one.ToString())
                .Where(one => encoding.GetString(encoding.GetBytes(one)) == one)];
            string[] messages = [string.Concat(characters), .. characters, string.Concat(Enumerable.Reverse(characters))];
            try
            {
                MessageFraming framing = FramingParser.FromDelimiter(delimiter).In(encoding);
                AssertDecodes(framing, encoding, string.Concat(messages.Select(message => message + delimiter)), "", messages);
            }
            catch (NetLabException fault)
            {
                Assert.Equal(FaultKind.InvalidFraming, fault.Kind);
                refused.Add(page);
            }
        }

        Assert.Equal(delimiter == "\n" ? [] : shifting, refused.Where(shifting.Contains));
    }

    [Fact]
    public void The_longest_line_of_UTF_16_may_end_with_CR_LF()
    {
        MessageFraming framing = DelimiterFraming.Line.In(Encoding.Unicode);
        byte[] bytes = Encoding.Unicode.GetBytes("abcd\r\n");
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            FramingRun run = new FramingRun(framing, limit: 8).Read(bytes.AsSpan(0, cut)).Read(bytes.AsSpan(cut));
            Assert.Equal("abcd", Encoding.Unicode.GetString(Assert.Single(run.Frames)));
        }
    }

    [Theory]
    [InlineData("Length16", "0005 6263", "6263")]
    [InlineData("Length32", "0000", "")]
    [InlineData("Length8", "0561", "61")]
    public void A_torn_message_has_no_length_before_it(string name, string stream, string rest)
    {
        FramingRun run = new FramingRun(FramingRun.Framing(name)).Read(
            Convert.FromHexString(stream.Replace(" ", "", StringComparison.Ordinal)));
        Assert.Empty(run.Frames);
        Assert.Equal(rest, Convert.ToHexString(run.TakeRest()));
        Assert.Equal(0, run.Reader.Pending);
    }

    /// <summary>Cut in two at every byte, and byte by byte.</summary>
    private static void AssertDecodes(MessageFraming framing, Encoding encoding, string stream, string rest, params string[] messages)
    {
        byte[] bytes = encoding.GetBytes(stream);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            AssertRun(new FramingRun(framing).Read(bytes.AsSpan(0, cut)).Read(bytes.AsSpan(cut)));
        }

        FramingRun single = new(framing);
        foreach (byte one in bytes)
        {
            single.Read([one]);
        }

        AssertRun(single);

        void AssertRun(FramingRun run)
        {
            Assert.Equal(messages, run.Frames.Select(encoding.GetString));
            Assert.Equal(rest, encoding.GetString(run.TakeRest()));
        }
    }
}
