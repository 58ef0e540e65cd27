using System.Diagnostics;
using PSNetLab.Engine.Checks.Dns;

namespace PSNetLab.Engine.Tests;

public sealed class DnsVerdictTests
{
    private const int A = 1;
    private const int Alias = 5;
    private static readonly DnsQuestion s_question = new(DnsNames.Encode("www.example.com"), A);

    [Fact]
    public void Records_of_another_name_answer_nothing()
    {
        byte[] answer = new DnsBytes(7, 0x8580, 1, 1).Question("www.example.com", A)
            .Name("www.example.net").Record(A, 300, data => data.Byte(192, 0, 2, 7))
            .ToArray();

        (DnsStatus status, string? reason, IReadOnlyList<string> values) = Judge(answer);

        Assert.Equal(DnsStatus.NoData, status);
        Assert.Contains("of another name: www.example.net", reason, StringComparison.Ordinal);
        Assert.Empty(values);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Records_at_the_end_of_a_chain_of_aliases_do_in_any_order_and_case(bool isReversed)
    {
        DnsBytes answer = new DnsBytes(7, 0x8580, 1, 4).Question("www.example.com", A);
        (string Owner, string Target)[] links = [("WWW.example.com", "a.example.net"), ("a.example.NET", "b.example.org")];
        foreach ((string owner, string target) in isReversed ? Enumerable.Reverse(links) : links)
        {
            answer.Name(owner).Record(Alias, 300, data => data.Name(target));
        }

        answer.Name("b.example.org").Record(A, 300, data => data.Byte(192, 0, 2, 7))
            .Name("c.example.org").Record(A, 300, data => data.Byte(192, 0, 2, 8));

        (DnsStatus status, _, IReadOnlyList<string> values) = Judge(answer.ToArray());

        Assert.Equal(DnsStatus.Answered, status);
        Assert.Equal(["192.0.2.7"], values);
    }

    [Fact]
    public void A_circle_of_aliases_ends()
    {
        byte[] answer = new DnsBytes(7, 0x8580, 1, 2).Question("www.example.com", A)
            .Pointer(12).Record(Alias, 300, data => data.Name("a.example.net"))
            .Name("a.example.net").Record(Alias, 300, data => data.Name("www.example.com"))
            .ToArray();

        Assert.Equal(DnsStatus.NoData, Judge(answer).Status);
    }

    /// <summary>Of pointers to pointers, of names that fill the memory, and of types without number.</summary>
    [Theory]
    [InlineData("pointers")]
    [InlineData("names")]
    [InlineData("types")]
    public void A_message_does_not_become_much_more_than_it_is(string kind)
    {
        byte[] message = kind switch
        {
            "pointers" => Pointers(),
            "names" => LongNames(),
            _ => ManyTypes(),
        };
        long before = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();

        Assert.Throws<DnsFormatException>(() => DnsMessage.Read(message));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8_000_000);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 5);
    }

    private static byte[] Pointers()
    {
        // Each name is a pointer to the name before it.
        const int Count = 5000;
        DnsBytes bytes = new DnsBytes(7, 0x8580, 1, Count).Question("www.example.com", A);
        int last = 12;
        for (int i = 0; i < Count; i++)
        {
            int own = bytes.Length;
            bytes.Pointer(last).Record(A, 300, data => data.Byte(192, 0, 2, 7));
            last = own < 0x4000 ? own : last;
        }

        return bytes.ToArray();
    }

    private static byte[] LongNames()
    {
        const int Count = 5000;
        string longest = string.Join('.', Enumerable.Repeat(string.Concat(Enumerable.Repeat("\\255", 62)), 4));
        DnsBytes bytes = new DnsBytes(7, 0x8580, 1, Count).Question(longest, A);
        for (int i = 0; i < Count; i++)
        {
            bytes.Pointer(12).Record(2, 300, data => data.Pointer(12));
        }

        return bytes.ToArray();
    }

    private static byte[] ManyTypes()
    {
        // RFC 4034, section 4.1.2: blocks come once, and in their order.
        const int Count = 7;
        DnsBytes bytes = new DnsBytes(7, 0x8580, 1, Count).Question("www.example.com", A);
        for (int i = 0; i < Count; i++)
        {
            bytes.Pointer(12).Record(47, 300, data =>
            {
                data.Pointer(12);
                for (int block = 0; block < 256; block++)
                {
                    data.Byte(block, 32).Byte([.. Enumerable.Repeat(255, 32)]);
                }
            });
        }

        return bytes.ToArray();
    }

    private static (DnsStatus Status, string? Reason, IReadOnlyList<string> Values) Judge(byte[] answer)
    {
        DnsVerdict verdict = DnsVerdict.Of(DnsMessage.Read(answer), s_question, "www.example.com");
        return (verdict.Status, verdict.Reason, verdict.Values);
    }
}
