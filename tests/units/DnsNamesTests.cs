using System.Net;
using PSNetLab.Engine.Checks.Dns;

namespace PSNetLab.Engine.Tests;

/// <summary>Names become bytes and text again, and nothing that a peer sends makes reading them go on for ever.</summary>
public class DnsNamesTests
{
    [Theory]
    [InlineData("www.example.com", "3www7example3com0", "www.example.com")]
    [InlineData("www.example.com.", "3www7example3com0", "www.example.com")]
    [InlineData(" a ", "1a0", "a")]
    [InlineData(".", "0", ".")]
    [InlineData("_sip._tcp.EXAMPLE.com", "4_sip4_tcp7EXAMPLE3com0", "_sip._tcp.EXAMPLE.com")]
    [InlineData(@"a\.b.c", "3a.b1c0", @"a\.b.c")]
    [InlineData(@"a\\b", "3a\\b0", @"a\\b")]
    [InlineData(@"a\032b", "3a b0", @"a\032b")]
    [InlineData("münchen.example", "14xn--mnchen-3ya7example0", "xn--mnchen-3ya.example")]
    [InlineData("例子。测试", "11xn--fsqu00a11xn--0zwm56d0", "xn--fsqu00a.xn--0zwm56d")]
    public void A_name_becomes_bytes_and_text_again(string typed, string wire, string text)
    {
        byte[] bytes = DnsNames.Encode(typed);

        Assert.Equal(wire, Readable(bytes));
        int offset = 0;
        Assert.Equal(text, DnsNames.Read(bytes, ref offset));
        Assert.Equal(bytes.Length, offset);
        Assert.Equal(bytes, DnsNames.Encode(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("a\tb")]
    [InlineData(@"a\")]
    [InlineData(@"a\25")]
    [InlineData(@"a\256")]
    [InlineData("\u0301\uD800.example")]
    public void What_is_not_a_name_is_an_error(string typed)
        => Assert.Equal(FaultKind.InvalidName, Assert.Throws<NetLabException>(() => DnsNames.Encode(typed)).Kind);

    [Fact]
    public void Labels_and_names_have_a_greatest_length()
    {
        string label = new('a', 63);
        Assert.Equal(65, DnsNames.Encode(label).Length);
        Assert.Throws<NetLabException>(() => DnsNames.Encode(label + "a"));

        string longest = string.Join('.', label, label, label, new string('b', 61));
        byte[] bytes = DnsNames.Encode(longest);
        Assert.Equal(255, bytes.Length);
        int offset = 0;
        Assert.Equal(longest, DnsNames.Read(bytes, ref offset));
        Assert.Throws<NetLabException>(() => DnsNames.Encode(longest + "b"));

        // One byte too long, as a peer may send it.
        byte[] tooLong = [.. bytes[..^1], 1, (byte)'x', 0];
        Assert.Throws<DnsFormatException>(() => Read(tooLong, 0));
    }

    [Theory]
    [InlineData("01 61 00 C0 00", 3, "a")] // backwards
    [InlineData("01 61 00 01 62 C0 00", 3, "b.a")]
    [InlineData("01 61 00 01 62 C0 00 C0 03", 7, "b.a")] // twice
    public void A_compressed_name_is_read(string hex, int at, string text)
    {
        byte[] message = Bytes(hex);
        int offset = at;
        Assert.Equal(text, DnsNames.Read(message, ref offset));
        Assert.Equal(message.Length, offset);
    }

    [Theory]
    [InlineData("C0 00", 0)] // to itself
    [InlineData("01 61 C0 00", 0)] // to its own beginning
    [InlineData("C0 02 C0 00", 2)] // in a circle
    [InlineData("01 61 C0 04 01 62 C0 00", 4)] // in a circle with labels
    [InlineData("C0 02 01 61 00", 0)] // forwards
    [InlineData("C0", 0)]
    [InlineData("02 61", 0)]
    [InlineData("01 61", 0)]
    [InlineData("40 00", 0)]
    [InlineData("80 00", 0)]
    public void A_name_without_an_end_is_malformed(string hex, int at)
        => Assert.Throws<DnsFormatException>(() => Read(Bytes(hex), at));

    [Fact]
    public void A_long_chain_of_pointers_has_a_greatest_length()
    {
        // a, then b and a pointer to it, then c and a pointer to that: each name is longer by two bytes.
        List<byte> message = [1, (byte)'a', 0];
        int before = 0;
        for (int i = 0; i < 126; i++)
        {
            int start = message.Count;
            message.AddRange([1, (byte)'b', (byte)(0xC0 | (before >> 8)), (byte)before]);
            before = start;
        }

        int offset = before;
        Assert.Equal(253, DnsNames.Read([.. message], ref offset).Length);
        int last = message.Count;
        message.AddRange([1, (byte)'c', (byte)(0xC0 | (before >> 8)), (byte)before]);
        Assert.Throws<DnsFormatException>(() => Read([.. message], last));
    }

    [Theory]
    [InlineData("192.0.2.7", "7.2.0.192.in-addr.arpa")]
    // RFC 3596, section 2.5, shortened
    [InlineData("2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")]
    public void An_address_has_a_name(string address, string name) => Assert.Equal(name, DnsNames.Reverse(IPAddress.Parse(address)));

    private static string Read(byte[] message, int at) => DnsNames.Read(message, ref at);

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));

    private static string Readable(byte[] wire)
    {
        string text = string.Empty;
        for (int at = 0; at < wire.Length; at += wire[at] + 1)
        {
            text += wire[at].ToString(System.Globalization.CultureInfo.InvariantCulture)
                + System.Text.Encoding.Latin1.GetString(wire, at + 1, wire[at]);
        }

        return text;
    }
}
