using PSNetLab.Engine.Framing;

namespace PSNetLab.Engine.Tests;

public class FramingParserTests
{
    [Theory]
    [InlineData("Raw", "Raw")]
    [InlineData("Line", "Line")]
    [InlineData("Null", "Null")]
    [InlineData("Length8", "Length8")]
    [InlineData("Length16", "Length16")]
    [InlineData("Length16LE", "Length16LE")]
    [InlineData("Length32", "Length32")]
    [InlineData("Length32LE", "Length32LE")]
    [InlineData("Fixed:1", "Fixed:1")]
    [InlineData("Fixed:128", "Fixed:128")]
    [InlineData("Length24LE", "Length24LE")]
    [InlineData("Length64", "Length64")]
    [InlineData("Length16:Offset=4", "Length16:Offset=4")]
    [InlineData("Length16LE: Adjust = -2 :Includes= header:Offset=4", "Length16LE:Offset=4:Includes=Header:Adjust=-2")]
    [InlineData("Length8:Offset=0:Includes=Nothing:Adjust=+0", "Length8")]
    [InlineData("OctetCount", "OctetCount")]
    [InlineData("Netstring", "Netstring")]
    [InlineData("Varint", "Varint")]
    [InlineData("Slip", "Slip")]
    [InlineData("Telnet", "Telnet")]
    [InlineData("TelnetRaw", "TelnetRaw")]
    [InlineData("Delimiter:0D0A", "Delimiter:0D0A")]
    [InlineData("Delimiter:0x0D0A", "Delimiter:0D0A")]
    [InlineData("Delimiter:0X0d0a", "Delimiter:0D0A")]
    [InlineData("Delimiter:0D 0A", "Delimiter:0D0A")]
    [InlineData("Delimiter: 03", "Delimiter:03")]
    [InlineData("  Line  ", "Line")]
    [InlineData("Fixed: 7 ", "Fixed:7")]
    public void Every_form_is_read_in_any_case(string text, string name)
    {
        foreach (string spelling in new[] { text, text.ToUpperInvariant(), text.ToLowerInvariant() })
        {
            Assert.Equal(name, FramingParser.Parse(spelling).Name);
        }
    }

    [Fact]
    public void The_name_of_a_framing_selects_it_again()
    {
        foreach (MessageFraming framing in new[]
        {
            FramingParser.Parse("Raw"), DelimiterFraming.Line, DelimiterFraming.Null,
            FramingParser.FromLengthPrefix(1, false), FramingParser.FromLengthPrefix(1, true),
            FramingParser.FromLengthPrefix(2, false), FramingParser.FromLengthPrefix(2, true),
            FramingParser.FromLengthPrefix(4, false), FramingParser.FromLengthPrefix(4, true),
            FramingParser.FromLengthPrefix(3, true, 7, LengthIncludes.Header, -3),
            FramingParser.FromLengthPrefix(8, false, 0, LengthIncludes.Length, 5),
            CountFraming.OctetCount, CountFraming.Netstring, VarintFraming.Instance, SlipFraming.Instance, TelnetFraming.Lines,
            TelnetFraming.Reads, FramingParser.FromFixedLength(128), FramingParser.FromDelimiter([0xAB, 0, 1]),
        })
        {
            MessageFraming again = FramingParser.Parse(framing.Name);
            Assert.Equal(framing.Name, again.Name);
            Assert.Equal(framing.GetType(), again.GetType());
            Assert.Equal(framing.Name, framing.ToString());
        }
    }

    [Fact]
    public void Turkish_letters_do_not_matter()
    {
        var before = Thread.CurrentThread.CurrentCulture;
        try
        {
            Thread.CurrentThread.CurrentCulture = new System.Globalization.CultureInfo("tr-TR");
            Assert.Equal("Line", FramingParser.Parse("line").Name);
            Assert.Equal("Fixed:5", FramingParser.Parse("fixed:5").Name);
            Assert.Equal("Delimiter:0A", FramingParser.Parse("delimiter:0a").Name);
        }
        finally
        {
            Thread.CurrentThread.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData(":")]
    [InlineData("Lines")]
    [InlineData("Raw:")]
    [InlineData("Line:1")]
    [InlineData("Length")]
    [InlineData("Length0")]
    [InlineData("Length40")]
    [InlineData("LengthLE")]
    [InlineData("Length16:4")]
    [InlineData("Length16:Offset")]
    [InlineData("Length16:Offset=")]
    [InlineData("Length16:Offset=-1")]
    [InlineData("Length16:Offset=65536")]
    [InlineData("Length16:Adjust=x")]
    [InlineData("Length16:Adjust=-65536")]
    [InlineData("Length16:Includes=")]
    [InlineData("Length16:Includes=1")]
    [InlineData("Length16:Includes=Length,Header")]
    [InlineData("Length16:Includes=Everything")]
    [InlineData("Length16:Offset=1:")]
    [InlineData("OctetCount:1")]
    [InlineData("Telnet:Raw")]
    [InlineData("Length16BE")]
    [InlineData("Length8LE")]
    [InlineData("Length32:LE")]
    [InlineData("Fixed")]
    [InlineData("Fixed:")]
    [InlineData("Fixed:0")]
    [InlineData("Fixed:-1")]
    [InlineData("Fixed:+1")]
    [InlineData("Fixed:1.5")]
    [InlineData("Fixed:1,000")]
    [InlineData("Fixed:0x10")]
    [InlineData("Fixed:ten")]
    [InlineData("Fixed:99999999999")]
    [InlineData("Delimiter")]
    [InlineData("Delimiter:")]
    [InlineData("Delimiter:0x")]
    [InlineData("Delimiter:0")]
    [InlineData("Delimiter:0D0")]
    [InlineData("Delimiter:XY")]
    [InlineData(@"Delimiter:\r\n")]
    public void A_bad_form_is_refused_with_the_good_ones(string text)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => FramingParser.Parse(text));

        Assert.Equal(FaultKind.InvalidFraming, fault.Kind);
        foreach ((string form, _) in FramingParser.Forms)
        {
            Assert.Contains(form, fault.Message, StringComparison.Ordinal);
        }

        Assert.Contains("@{ Delimiter = \"`r`n\" }", fault.Message, StringComparison.Ordinal);
        Assert.Contains("@{ LengthPrefix = 4; LittleEndian = $true }", fault.Message, StringComparison.Ordinal);
        Assert.Contains("@{ FixedLength = 128 }", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_repeats_what_was_typed()
        => Assert.Contains("'Lime'", Assert.Throws<NetLabException>(() => FramingParser.Parse("Lime")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(-1)]
    public void A_length_prefix_has_1_2_3_4_or_8_bytes(int headerBytes)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => FramingParser.FromLengthPrefix(headerBytes, littleEndian: false));
        Assert.Equal(FaultKind.InvalidFraming, fault.Kind);
        Assert.Contains($"not {headerBytes}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fixed_length_or_a_delimiter_is_not_empty()
    {
        Assert.Equal(FaultKind.InvalidFraming, Assert.Throws<NetLabException>(() => FramingParser.FromFixedLength(0)).Kind);
        Assert.Equal(FaultKind.InvalidFraming, Assert.Throws<NetLabException>(() => FramingParser.FromDelimiter([])).Kind);
    }

    [Fact]
    public void Every_form_shown_can_be_parsed()
    {
        foreach ((string text, string meaning) in FramingParser.Forms)
        {
            string example = text.Replace("<bytes>", "16", StringComparison.Ordinal).Replace("<hex>", "0D0A", StringComparison.Ordinal);
            Assert.Equal(example, FramingParser.Parse(example).Name);
            Assert.NotEmpty(meaning);
        }
    }
}
