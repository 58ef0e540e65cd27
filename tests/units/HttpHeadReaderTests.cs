using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using HttpMethod = PSNetLab.Engine.Http.Protocol.HttpMethod;

namespace PSNetLab.Engine.Tests;

/// <summary>
/// Heads of responses as a client of the lab reads them: what a strict reader refuses is remarked on and read all the same.
/// </summary>
public sealed class HttpHeadReaderTests
{
    private static readonly HttpLimits s_limits = new() { StartLineBytes = 128, HeaderBytes = 512, HeaderCount = 10 };

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "200 OK|A: b|UntilClose")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\na: c\r\nContent-Length: 3\r\n\r\n", "200 OK|A: b|a: c|Content-Length: 3|Length")]
    [InlineData("HTTP/1.1 200\r\n\r\n", "200 |UntilClose|no space after the status")]
    [InlineData("HTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n", "204 |Content-Length: 0|None|must not say how long it is")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "200 OK|A: b   c|UntilClose|continues on the next line")]
    [InlineData("HTTP/1.1 200 OK\nA: b\n\n", "200 OK|A: b|UntilClose|CR or LF alone")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\n\r\n", "200 OK|A: b|UntilClose|CR or LF alone")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n", "200 OK|UntilClose|empty lines before the status line")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n", "200 OK|UntilClose|more than one space")]
    [InlineData("http/1.1 200 OK\r\n\r\n", "200 OK|UntilClose|'http/1.1' is not a version")]
    [InlineData("HTTP/2 200\r\n\r\n", "200 |UntilClose|'HTTP/2' is not a version")]
    [InlineData("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "200 OK|A: b|UntilClose|blank around the name 'A'")]
    [InlineData("HTTP/1.1 200 OK\r\nnonsense\r\nA: b\r\n\r\n", "200 OK|A: b|UntilClose|'nonsense' is not a field")]
    [InlineData("HTTP/1.1 200 OK\r\nA(b): c\r\n\r\n", "200 OK|UntilClose|'A(b)' is not the name")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", "200 OK|A: b c|UntilClose|control characters")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
        "200 OK|Content-Length: 3|Length|more than one Content-Length")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n", "200 OK|Content-Length: 3|Length|more than one Content-Length")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "200 OK|UntilClose|not one number, but '3, 4'")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "200 OK|UntilClose|not one number, but '-1'")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "200 OK|Transfer-Encoding: chunked|Chunked|both Content-Length and Transfer-Encoding")]
    [InlineData(
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 OK|Transfer-Encoding: chunked|Chunked|HTTP/1.0 does not have")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", "200 OK|Transfer-Encoding: chunked|Chunked|end with chunked")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", "200 OK|Transfer-Encoding: gzip, chunked|Chunked|end with chunked")]
    public void It_reads_what_it_can_the_same_at_every_split(string head, string expected)
    {
        byte[] bytes = HttpHead.Bytes(head);
        string[] wanted = expected.Split('|');
        IEnumerable<ReceivedHead> inTwo = Enumerable.Range(1, bytes.Length).Select(cut => Read(bytes, [cut, bytes.Length]));
        foreach (ReceivedHead read in inTwo.Append(Read(bytes, [.. Enumerable.Range(1, bytes.Length)])))
        {
            string[] fields = [.. read.Fields.All.Select(field => field.ToString())];
            string[] got = [$"{read.Status} {read.Reason}", .. fields, read.Body.Framing.ToString()];
            Assert.Equal(wanted[..got.Length], got);
            Assert.Equal(wanted.Length - got.Length, read.Remarks.Count);
            Assert.All(wanted[got.Length..],
                remark => Assert.Contains(read.Remarks, said => said.Contains(remark, StringComparison.Ordinal)));
            Assert.Equal(bytes, read.Bytes);
            Assert.True(read.Remarks.Count == 0 || !read.KeepsConnection);
        }
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9\r\n", "starts with 'S")]
    [InlineData("\u0015\u0003\u0003\0\u0002", "looks like TLS")]
    [InlineData("\0\0\u0012\u0004\0", "HTTP/2")]
    [InlineData("\u0001\u0002\u0003", "0102")]
    [InlineData("HTTP/1.1 20x OK\r\n\r\n", "status of three digits")]
    [InlineData("HTTP/1.1\r\n\r\n", "status of three digits")]
    public void What_is_no_response_is_told(string text, string why)
    {
        int[] cuts = [.. Enumerable.Range(4, Math.Max(text.Length - 3, 1)).Select(cut => Math.Min(cut, text.Length))];
        NetLabException fault = Assert.Throws<NetLabException>(() => Read(HttpHead.Bytes(text), cuts));

        Assert.Equal(FaultKind.ResponseMalformed, fault.Kind);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
        Assert.Contains("http://peer", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nA: ")]
    [InlineData("HTTP/1.1 200 OK\nA: ")]
    [InlineData("HTTP/1.1 200 ")]
    public void An_endless_head_is_too_long(string start)
    {
        byte[] bytes = HttpHead.Bytes(start + new string('x', 2000));

        NetLabException fault = Assert.Throws<NetLabException>(() => Read(bytes, [.. Enumerable.Range(1, bytes.Length)]));

        Assert.Contains("longer than", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 80_000, " a\n")]
    [InlineData(139_000, 60_000, " \n")]
    [InlineData(1, 28_000, "nonsense\n")]
    public void A_malformed_head_of_very_many_lines_is_refused_at_once(int nameLength, int lines, string line)
    {
        byte[] bytes = HttpHead.Bytes($"HTTP/1.1 200 OK\n{new string('x', nameLength)}:\n"
            + string.Concat(Enumerable.Repeat(line, lines)) + "\n");
        NetLabException? fault = null;

        long allocated = Allocation.Of(() => fault = Assert.Throws<NetLabException>(() => ReadLarge(bytes)));

        Assert.Contains("lines", fault!.Message, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, 10_000_000);
    }

    [Theory]
    [InlineData(1, 250)]
    [InlineData(139_000, 1)]
    public void Continued_lines_of_a_malformed_head_cost_what_they_are_long(int nameLength, int lineLength)
    {
        const int Lines = 990;
        string line = new('a', lineLength);
        byte[] bytes = HttpHead.Bytes($"HTTP/1.1 200 OK\n{new string('x', nameLength)}:\n"
            + string.Concat(Enumerable.Repeat($" {line}\n", Lines)) + "\n");
        ReceivedHead? head = null;

        long allocated = Allocation.Of(() => head = ReadLarge(bytes));

        Assert.Equal(string.Join(' ', Enumerable.Repeat(line, Lines)), Assert.Single(head!.Fields.All).Value);
        Assert.All(head.Remarks, remark => Assert.InRange(remark.Length, 1, 200));
        Assert.InRange(allocated, 0, 20_000_000);
    }

    [Fact]
    public void The_next_head_is_read_anew_after_a_malformed_one()
    {
        HeadReader reader = new("http://peer", s_limits);
        byte[] both = HttpHead.Bytes("HTTP/1.1 103 Early\nA: b\n\nHTTP/1.1 200 OK\r\n\r\n");

        Assert.True(reader.TryRead(both, HttpMethod.Get, out ReceivedHead? first));
        Assert.True(reader.TryRead(both.AsSpan(first.Bytes.Length), HttpMethod.Get, out ReceivedHead? second));

        Assert.Equal((103, true, 200), (first.Status, first.IsInformational, second.Status));
        Assert.NotEmpty(first.Remarks);
        Assert.Empty(second.Remarks);
    }

    [Fact]
    public void Random_heads_read_the_same_whatever_the_split()
    {
        Random random = new(17);
        byte[] telling = HttpHead.Bytes("\r\n\r\n \t:,;=HTTP/1.0 200OKchunkedContent-Length123");
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = new byte[random.Next(1, 60)];
            RandomText.Fill(random, bytes, telling);
            byte[] start = HttpHead.Bytes(random.Next(2) == 0 ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 ");
            byte[] head = [.. start, .. bytes, .. HttpHead.Bytes("\r\n\r\n")];
            int cut = random.Next(1, head.Length);

            Assert.Equal(Describe(head, [head.Length]), Describe(head, [cut, head.Length]));
        }
    }

    private static string Describe(byte[] head, int[] cuts)
    {
        try
        {
            ReceivedHead read = Read(head, cuts);
            return $"{read.Status} {read.Reason} {read.Fields} {read.Body.Framing} {string.Join(' ', read.Remarks)}";
        }
        catch (NetLabException fault)
        {
            return fault.Message;
        }
    }

    private static ReceivedHead ReadLarge(byte[] bytes)
    {
        HeadReader reader = new("http://peer", HeadReader.DefaultLimits);
        Assert.True(reader.TryRead(bytes, HttpMethod.Get, out ReceivedHead? head));
        return head;
    }

    private static ReceivedHead Read(byte[] bytes, int[] cuts)
    {
        HeadReader reader = new("http://peer", s_limits);
        foreach (int cut in cuts)
        {
            if (reader.TryRead(bytes.AsSpan(0, cut), HttpMethod.Get, out ReceivedHead? head))
            {
                return head;
            }
        }

        throw new InvalidOperationException($"Incomplete: {Encoding.Latin1.GetString(bytes)}");
    }
}
