using PSNetLab.Engine.Checks.Dns;

namespace PSNetLab.Engine.Tests;

/// <summary>Only the answer to a query is taken for it.</summary>
public class DnsQueryTests
{
    private static readonly DnsQuestion s_question = new(DnsNames.Encode("www.Example.com"), DnsWords.A);

    [Fact]
    public void A_query_is_as_it_should_be()
    {
        DnsQuery query = new(0x1234, s_question, recursion: true, ednsBytes: 1232, dnssec: true);

        byte[] expected = new DnsBytes(0x1234, 0x0120, 1, 0, 0, 1)
            .Question("www.Example.com", 1)
            .Byte(0)
            .UInt16(41)
            .UInt16(1232)
            .UInt32(0x8000)
            .UInt16(0)
            .ToArray();
        Assert.Equal(expected, query.Bytes);
        Assert.Equal(
            new DnsBytes(0x1234, 0x0020, 1).Question("www.Example.com", 1).ToArray(),
            new DnsQuery(0x1234, s_question, false, 0, false).Bytes);
    }

    [Theory]
    [InlineData(1, 0x8180, "www.example.com", 1, "Answer")]
    [InlineData(1, 0x8180, "WWW.EXAMPLE.COM", 1, "Answer")]
    [InlineData(1, 0x8183, "www.Example.com", 1, "Answer")]
    [InlineData(2, 0x8180, "www.Example.com", 1, "Stray")] // another number
    [InlineData(1, 0x0180, "www.Example.com", 1, "Stray")] // a query
    [InlineData(1, 0xA180, "www.Example.com", 1, "Stray")] // another operation
    [InlineData(1, 0x8180, "www.Example.org", 1, "Stray")]
    [InlineData(1, 0x8180, "ww-.Example.com", 1, "Stray")]
    [InlineData(1, 0x8180, "a.www.Example.com", 1, "Stray")]
    [InlineData(1, 0x8180, "www.Example.com", 28, "Stray")]
    [InlineData(1, 0x8180, ".", 1, "Malformed")] // shorter than the question
    public void An_answer_has_the_number_and_the_question(int id, int flags, string name, int type, string match)
    {
        DnsQuery query = new(1, s_question, true, 1232, false);

        Assert.Equal(match, query.Match(new DnsBytes(id, flags, 1).Question(name, type).ToArray()).ToString());
    }

    [Theory]
    [InlineData(0x8181, "Answer")]
    [InlineData(0x8182, "Answer")]
    [InlineData(0x8184, "Answer")]
    [InlineData(0x8185, "Answer")]
    [InlineData(0x8180, "Malformed")]
    [InlineData(0x8183, "Malformed")]
    public void Only_a_refusal_may_leave_the_question_out(int flags, string match)
        => Assert.Equal(match, new DnsQuery(1, s_question, true, 1232, false).Match(new DnsBytes(1, flags).ToArray()).ToString());

    [Fact]
    public void Every_beginning_of_an_answer_is_told()
    {
        DnsQuery query = new(1, s_question, true, 0, false);
        byte[] answer = new DnsBytes(1, 0x8180, 1).Question("www.example.com", 1).ToArray();
        for (int length = 0; length < answer.Length; length++)
        {
            Assert.Equal(length < 2 ? DnsMatch.Stray : DnsMatch.Malformed, query.Match(answer.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData("a", 1)]
    [InlineData("A", 1)]
    [InlineData("https", 65)]
    [InlineData("TYPE65", 65)]
    [InlineData("65", 65)]
    [InlineData("type65535", 65535)]
    [InlineData("0", 0)]
    [InlineData("TYPE", 0)]
    [InlineData("TYPE65536", 0)]
    [InlineData("-1", 0)]
    [InlineData("AAA", 0)]
    public void A_type_has_a_name_or_a_number(string text, int number)
    {
        Assert.Equal(number > 0, DnsWords.TryParseType(text, out ushort type));
        Assert.Equal(number, type);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("2001:DB8:0::1", "2001:db8::1", true)]
    [InlineData("www.Example.com.", "www.example.com", true)]
    [InlineData("192.0.2.*", "192.0.2.7", true)]
    [InlineData("10 *.example.com", "10 mail.example.com", true)]
    [InlineData(@"a\b*", @"a\bc", true)]
    [InlineData("*", "anything", true)]
    [InlineData("nodata", "NODATA", true)]
    [InlineData("192.0.2.7", "192.0.2.77", false)]
    [InlineData("192.0.2.7|192.0.2.8", "192.0.2.8|192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.7|192.0.2.8", false)]
    [InlineData("192.0.2.7|192.0.2.8", "192.0.2.7", false)]
    public void An_expectation_is_all_of_the_answer_and_no_less(string expected, string values, bool isMet)
        => Assert.Equal(isMet, new DnsExpectation(expected.Split('|')).Compare(values.Split('|')) is null);
}
