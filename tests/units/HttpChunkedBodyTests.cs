using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>The end of a chunked body is found, and whatever is not plainly one fails.</summary>
public class HttpChunkedBodyTests
{
    public static TheoryData<string, long> Valid => new()
    {
        { "0\r\n\r\n", 0 },
        { "000000000000000\r\n\r\n", 0 },
        { "5\r\nhello\r\n0\r\n\r\n", 5 },
        { "A\r\n0123456789\r\n00b\r\n\r\n\r\n\r\n0\r\n\0!\r\n0\r\n\r\n", 21 },
        { "a\r\n0123456789\r\n0\r\n\r\n", 10 },
        { "1;a\r\nx\r\n1;a=b;c=\"d;\\\" e\"\t\r\ny\r\n0;last\r\n\r\n", 2 },
        { "1;\r\nx\r\n0;\u00e4\r\n\r\n", 1 },
        { "1\r\nx\r\n0\r\nTrailer: a\r\nOther:\tb \u00e4\r\nEmpty:\r\n\r\n", 1 },
    };

    // Each ends with the byte that proves the fault.
    public static TheoryData<string> Invalid => new()
    {
        "\r",
        "\n",
        ";",
        " ",
        "g",
        "-",
        "+",
        "0x",
        "5 ",
        "5\t",
        "5\n",
        "5g",
        "5.",
        "5\0",
        "0000000000000000",
        "ffffffffffffffff",
        "5\r\r",
        "5\r5",
        "5;\n",
        "5;a\n",
        "5;a\0",
        "5;a\r\r",
        "5\r\nhello0",
        "5\r\nhello\n",
        "5\r\nhello\r\r",
        "5\r\nhello\r0",
        "5\r\nhello\r\n\r",
        "0\n",
        "0\r\n\n",
        "0\r\n\r\r",
        "0\r\n\r0",
        "0\r\n ",
        "0\r\n\t",
        "0\r\n:",
        "0\r\n\0",
        "0\r\nX ",
        "0\r\nX\r",
        "0\r\nX\n",
        "0\r\nX: a\n",
        "0\r\nX: a\0",
        "0\r\nX: a\r\r",
        "0\r\nX: a\r\n ",
        "0\r\nX: a\r\n\n",
    };

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_body_ends_where_it_ends_at_every_split(string body, long length)
    {
        byte[] bytes = HttpHead.Bytes(body + "GET");
        for (int cut = 0; cut <= body.Length; cut++)
        {
            ChunkedBody chunked = default;
            ParseStatus status = chunked.Skip(bytes.AsSpan(0, cut), out int first);
            Assert.Equal(cut, first);
            Assert.Equal(cut == body.Length ? ParseStatus.Complete : ParseStatus.Incomplete, status);

            Assert.Equal(ParseStatus.Complete, chunked.Skip(bytes.AsSpan(cut), out int second));
            Assert.Equal(body.Length, first + second);
            Assert.Equal(length, chunked.Length);
        }
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Byte_by_byte(string body, long length)
    {
        ChunkedBody chunked = default;
        byte[] bytes = HttpHead.Bytes(body);
        for (int index = 0; index < bytes.Length; index++)
        {
            ParseStatus expected = index == bytes.Length - 1 ? ParseStatus.Complete : ParseStatus.Incomplete;
            Assert.Equal(expected, chunked.Skip(bytes.AsSpan(index, 1), out int consumed));
            Assert.Equal(1, consumed);
        }

        Assert.Equal(length, chunked.Length);
        Assert.Equal(ParseStatus.Complete, chunked.Skip("more"u8, out int rest));
        Assert.Equal(0, rest);
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void A_fault_is_told_at_the_byte_that_proves_it_at_every_split(string body)
    {
        byte[] bytes = HttpHead.Bytes(body);
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            ChunkedBody chunked = default;
            Assert.Equal(ParseStatus.Incomplete, chunked.Skip(bytes.AsSpan(0, cut), out int consumed));
            Assert.Equal(cut, consumed);
            Assert.Equal(ParseStatus.Failed, chunked.Skip(bytes.AsSpan(cut), out _));
            Assert.Equal(ParseStatus.Failed, chunked.Skip("0\r\n\r\n"u8, out consumed));
            Assert.Equal(0, consumed);
        }
    }

    [Fact]
    public void The_largest_size_is_waited_for()
    {
        ChunkedBody chunked = default;
        Assert.Equal(ParseStatus.Incomplete, chunked.Skip("fffffffffffffff\r\n"u8, out _));
        byte[] data = new byte[100_000];
        Assert.Equal(ParseStatus.Incomplete, chunked.Skip(data, out int consumed));
        Assert.Equal(data.Length, consumed);
        Assert.Equal(data.Length, chunked.Length);
    }

    [Theory]
    [InlineData("", "1;aaaaaaa\r\nx\r\n", 8)]
    [InlineData("1", ";aaaaaaa", 8)]
    [InlineData("0\r\n", "aaaaaaaa", 8)]
    [InlineData("0\r\nX:", "aaaaaaaa", 8)]
    [InlineData("0\r\n", "X: y\r\n", 6)]
    public void Extensions_and_trailers_without_end_fail(string start, string repeated, int extraBytes)
    {
        int rounds = ChunkedBody.MostExtraBytes / extraBytes;
        byte[] bytes = HttpHead.Bytes(start + string.Concat(Enumerable.Repeat(repeated, rounds + 2)));
        int failedAt = 0;
        ChunkedBody chunked = default;
        while (chunked.Skip(bytes.AsSpan(failedAt, 1), out _) != ParseStatus.Failed)
        {
            failedAt++;
        }

        Assert.InRange(failedAt, start.Length + ((rounds - 2) * repeated.Length), bytes.Length);
        ChunkedBody whole = default;
        Assert.Equal(ParseStatus.Failed, whole.Skip(bytes, out _));
        Assert.Equal(chunked.Length, whole.Length);
    }

    [Fact]
    public void Chunks_without_extensions_may_go_on_and_on()
    {
        byte[] bytes = HttpHead.Bytes(string.Concat(Enumerable.Repeat("1\r\nx\r\n", 100_000)) + "0\r\n\r\n");
        ChunkedBody chunked = default;
        Assert.Equal(ParseStatus.Complete, chunked.Skip(bytes, out _));
        Assert.Equal(100_000, chunked.Length);
    }

    [Fact]
    public void Random_bodies_in_random_reads_end_where_they_end()
    {
        Random random = new(3);
        for (int round = 0; round < 500; round++)
        {
            byte[][] chunks = [.. Enumerable.Range(0, random.Next(6)).Select(_ => new byte[random.Next(1, 300)])];
            List<byte> body = [];
            foreach (byte[] chunk in chunks)
            {
                random.NextBytes(chunk);
                body.AddRange(HttpHead.Bytes($"{chunk.Length:x}{(random.Next(2) == 0 ? ";e=\"v\"" : "")}\r\n"));
                body.AddRange(chunk);
                body.AddRange("\r\n"u8);
            }

            body.AddRange(HttpHead.Bytes(random.Next(2) == 0 ? "0\r\n\r\n" : "0\r\nT: v\r\n\r\n"));
            int length = body.Count;
            body.AddRange("0\r\n\r\n"u8);

            ChunkedBody chunked = default;
            ReadOnlySpan<byte> rest = body.ToArray();
            int skipped = 0;
            ParseStatus status = ParseStatus.Incomplete;
            while (status == ParseStatus.Incomplete)
            {
                status = chunked.Skip(rest[..Math.Min(rest.Length, random.Next(50))], out int consumed);
                rest = rest[consumed..];
                skipped += consumed;
            }

            Assert.Equal(ParseStatus.Complete, status);
            Assert.Equal(length, skipped);
            Assert.Equal(chunks.Sum(chunk => chunk.Length), chunked.Length);
        }
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        const string Pieces = "0123456789abcdef\r\n\r\n\r\n;: \tX\0\u00ff";
        Random random = new(4);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = HttpHead.Bytes(
                new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => Pieces[random.Next(Pieces.Length)])]));
            ChunkedBody whole = default;
            ParseStatus status = whole.Skip(bytes, out int consumed);
            Assert.InRange(consumed, 0, bytes.Length);

            ChunkedBody cut = default;
            int at = random.Next(bytes.Length + 1);
            if (cut.Skip(bytes.AsSpan(0, at), out int first) == ParseStatus.Incomplete)
            {
                Assert.Equal(status, cut.Skip(bytes.AsSpan(at), out int second));
                first += second;
            }

            Assert.Equal((consumed, whole.Length), (first, cut.Length));
        }
    }
}
