using System.Diagnostics;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>However the bytes of a head arrive, the verdict is the same.</summary>
public class HttpRequestSplitTests
{
    private static readonly string[] s_invalid =
    [
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/2.0\n\r\n",
        "GET / HTTP/2.0\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX : y\n\r\n",
        "GET / HTTP/1.1\r\nX: y\r\n z\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1, 1\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\nHost: a\r\n\r\n",
    ];

    public static TheoryData<string> Heads => new([.. HttpHead.Valid, .. s_invalid, .. HttpHead.Valid.Select(head => head[..^1])]);

    [Theory]
    [MemberData(nameof(Heads))]
    public void Cut_in_two_at_every_byte(string head)
    {
        string expected = HttpHead.Describe(head);
        for (int cut = 0; cut <= head.Length; cut++)
        {
            AssertParses(expected, head, [cut, head.Length]);
        }
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void Byte_by_byte(string head) => AssertParses(HttpHead.Describe(head), head, Enumerable.Range(1, head.Length));

    [Theory]
    [MemberData(nameof(Heads))]
    public void The_same_call_again_changes_nothing(string head)
        => AssertParses(HttpHead.Describe(head), head, Enumerable.Range(1, head.Length).SelectMany(length => new[] { length, length }));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pipelined_heads_in_random_reads(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            string[] heads = [.. Enumerable.Range(0, 5).Select(_ => HttpHead.Valid[random.Next(HttpHead.Valid.Length)])];
            byte[] stream = HttpHead.Bytes(string.Concat(heads));
            RequestHead request = new();
            int start = 0;
            int arrived = 0;
            foreach (string head in heads)
            {
                ParseStatus status;
                byte[] bytes;
                do
                {
                    arrived = Math.Min(stream.Length, arrived + random.Next(60));
                    bytes = stream[start..Math.Max(start, arrived)];
                    status = request.Parse(bytes, HttpHead.Limits);
                }
                while (status == ParseStatus.Incomplete);

                Assert.Equal(HttpHead.Describe(head), HttpHead.Describe(request, status, bytes));
                start += request.HeadLength;
                request.Reset();
            }

            Assert.Equal(stream.Length, start);
        }
    }

    [Fact]
    public void A_head_that_arrives_byte_by_byte_is_read_once()
    {
        const int Length = 2_000_000;
        HttpLimits limits = new() { HeaderBytes = Length };
        byte[] head = HttpHead.Bytes("GET / HTTP/1.1\r\nX: " + new string('a', Length - 100));
        RequestHead request = new();
        Stopwatch clock = Stopwatch.StartNew();
        for (int length = 1; length <= head.Length; length++)
        {
            request.Parse(head.AsSpan(0, length), limits);
        }

        Assert.Equal(ParseStatus.Incomplete, request.Parse(head, limits));

        // Reading it again and again would be trillions of bytes.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 60);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Mutated_heads_are_complete_when_the_grammar_says_so_and_never_else(int seed)
    {
        const string Pieces = "\r\n\t \0:,/%.;+-019aAZ[]()\u007f\u0080\u00ff";
        Random random = new(seed);
        int valid = 0;
        int invalid = 0;
        for (int round = 0; round < 5000; round++)
        {
            List<char> mutated = [.. HttpHead.Valid[random.Next(HttpHead.Valid.Length)]];
            for (int change = random.Next(1, 4); change > 0 && mutated.Count > 0; change--)
            {
                int at = random.Next(mutated.Count);
                int count = Math.Min(random.Next(1, 30), mutated.Count - at);
                switch (random.Next(5))
                {
                    case 0:
                        mutated[at] = Pieces[random.Next(Pieces.Length)];
                        break;
                    case 1:
                        mutated.Insert(at, Pieces[random.Next(Pieces.Length)]);
                        break;
                    case 2:
                        mutated.RemoveAt(at);
                        break;
                    case 3:
                        mutated.InsertRange(random.Next(mutated.Count + 1), mutated.GetRange(at, count));
                        break;
                    default:
                        mutated.RemoveRange(at, count);
                        break;
                }
            }

            string head = new([.. mutated]);
            int end = ReferenceHead.End(head);
            RequestHead request = new();
            byte[] bytes = HttpHead.Bytes(head);
            ParseStatus status = request.Parse(bytes, HttpHead.Limits);
            Assert.True(end >= 0 == (status == ParseStatus.Complete), $"{status} {request.FailedReason}: {head}");
            if (end >= 0)
            {
                Assert.Equal(end, request.HeadLength);
                valid++;
            }

            invalid += status == ParseStatus.Failed ? 1 : 0;
            AssertParses(
                HttpHead.Describe(request, status, bytes), head, [random.Next(head.Length), random.Next(head.Length), head.Length]);
        }

        Assert.True(valid > 500 && invalid > 500, $"{valid} valid, {invalid} invalid");
    }

    [Fact]
    public void Random_bytes_are_never_a_head()
    {
        Random random = new(5);
        RequestHead request = new();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Assert.NotEqual(ParseStatus.Complete, request.Parse(bytes, HttpHead.Limits));
            request.Reset();
        }
    }

    // Every call gets a copy of its own, with nothing behind it: the parser keeps no bytes, and reads none that are not there.
    private static void AssertParses(string expected, string head, IEnumerable<int> lengths)
    {
        RequestHead request = new();
        ParseStatus status = ParseStatus.Incomplete;
        byte[] bytes = [];
        foreach (int length in lengths.Order())
        {
            bytes = HttpHead.Bytes(head[..length]);
            status = request.Parse(bytes, HttpHead.Limits);
            if (status == ParseStatus.Failed)
            {
                break;
            }
        }

        Assert.Equal(expected, HttpHead.Describe(request, status, bytes));
    }
}
