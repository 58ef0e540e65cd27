using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>A body is the same data with the same end, however its bytes arrive, whatever tells its length.</summary>
public class HttpBodyReaderTests
{
    private const string Next = "GET / HTTP/1.1\r\n";

    /// <summary>Framing, bytes on the wire, data, trailer lines.</summary>
    public static TheoryData<string, string, string, string> Bodies => new()
    {
        { "None", "", "", "" },
        { "Length", "hello", "hello", "" },
        { "Length", "\r\n0\r\n\r\n", "\r\n0\r\n\r\n", "" },
        { "Chunked", "0\r\n\r\n", "", "" },
        { "Chunked", "5\r\nhello\r\n6;a=\"b\"\r\n world\r\n0\r\n\r\n", "hello world", "" },
        { "Chunked", "2\r\n\r\n\r\n1\r\n0\r\n0;x\r\n\r\n", "\r\n0", "" },
        { "Chunked", "1\r\nx\r\n0\r\nExpires: now\r\nX-Sum:\tabc \r\n\r\n", "x", "Expires: now\r\nX-Sum:\tabc \r\n" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Cut_in_two_at_every_byte(string framing, string wire, string data, string trailers)
    {
        byte[] bytes = HttpHead.Bytes(wire + Next);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            AssertReads(framing, wire, data, trailers, bytes, [cut, bytes.Length]);
        }
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Byte_by_byte(string framing, string wire, string data, string trailers)
        => AssertReads(framing, wire, data, trailers, HttpHead.Bytes(wire + Next), Enumerable.Range(1, wire.Length + Next.Length));

    [Fact]
    public void A_body_without_length_goes_on_until_the_connection_ends()
    {
        BodyReader body = BodyReader.UntilClose;
        List<byte> data = [];
        Assert.Equal(ParseStatus.Incomplete, body.ReadAll("abc"u8, data, out int consumed));
        Assert.Equal(3, consumed);
        Assert.Equal(ParseStatus.Incomplete, body.ReadAll("0\r\n\r\n"u8, data, out _));
        Assert.Equal((-1, 8), (body.Left, body.Length));

        Assert.Equal(ParseStatus.Complete, body.End());

        Assert.Equal("abc0\r\n\r\n", Text(data));
        Assert.Equal(ParseStatus.Complete, body.ReadAll("more"u8, data, out consumed));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void A_body_that_was_cut_off_failed()
    {
        foreach (BodyReader fresh in new[] { BodyReader.OfLength(3), BodyReader.Chunked })
        {
            BodyReader body = fresh;
            body.ReadAll("1\r"u8, [], out _);
            Assert.Equal(ParseStatus.Failed, body.End());
            Assert.Contains("ended", body.Fault, StringComparison.Ordinal);
            Assert.Equal(ParseStatus.Failed, body.ReadAll("0"u8, [], out int consumed));
            Assert.Equal(0, consumed);
        }

        BodyReader none = BodyReader.None;
        Assert.Equal(ParseStatus.Complete, none.End());
    }

    [Fact]
    public void Chunks_that_are_none_fail_and_say_so()
    {
        BodyReader body = BodyReader.Chunked;
        List<byte> data = [];
        Assert.Equal(ParseStatus.Failed, body.ReadAll("1\r\nx\r\nhello"u8, data, out _));
        Assert.Equal("x", Text(data));
        Assert.Contains("chunks", body.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_of_an_announced_length_is_told()
    {
        BodyReader body = BodyReader.OfLength(10);
        body.ReadAll("abc"u8, [], out _);
        Assert.Equal((7, 3), (body.Left, body.Length));
    }

    [Fact]
    public void Random_chunks_in_random_reads_give_their_data_back()
    {
        Random random = new(5);
        for (int round = 0; round < 300; round++)
        {
            byte[] expected = new byte[random.Next(2000)];
            random.NextBytes(expected);
            byte[] wire = Chunked(expected, random);
            BodyReader body = BodyReader.Chunked;
            List<byte> data = [];
            int position = 0;
            while (body.Status == ParseStatus.Incomplete)
            {
                int count = random.Next(1, 80);
                body.ReadAll(wire.AsSpan(position, Math.Min(count, wire.Length - position)), data, out int consumed);
                position += consumed;
            }

            Assert.Equal((ParseStatus.Complete, wire.Length), (body.Status, position));
            Assert.Equal(expected, data);
            Assert.Equal(expected.Length, body.Length);
        }
    }

    private static byte[] Chunked(byte[] data, Random random)
    {
        List<byte> wire = [];
        for (int start = 0; start < data.Length;)
        {
            int count = Math.Min(data.Length - start, random.Next(1, 300));
            wire.AddRange(HttpHead.Bytes($"{count:X}\r\n"));
            wire.AddRange(data.AsSpan(start, count));
            wire.AddRange("\r\n"u8);
            start += count;
        }

        wire.AddRange("0\r\n\r\n"u8);
        return [.. wire];
    }

    private static void AssertReads(string framing, string wire, string expected, string trailers, byte[] bytes, IEnumerable<int> arrivals)
    {
        BodyReader body = framing switch
        {
            "Length" => BodyReader.OfLength(wire.Length),
            "Chunked" => BodyReader.Chunked,
            _ => BodyReader.None,
        };
        List<byte> data = [];
        int position = 0;
        foreach (int arrived in arrivals)
        {
            ParseStatus status = body.ReadAll(bytes.AsSpan(position..arrived), data, out int consumed);
            position += consumed;
            Assert.Equal(arrived >= wire.Length ? ParseStatus.Complete : ParseStatus.Incomplete, status);
            Assert.Equal(Math.Min(arrived, wire.Length), position);
            if (status == ParseStatus.Complete)
            {
                break;
            }
        }

        Assert.Equal(expected, Text(data));
        Assert.Equal(expected.Length, body.Length);
        Assert.Equal(trailers, Encoding.Latin1.GetString(body.Trailers));
    }

    private static string Text(List<byte> data) => Encoding.Latin1.GetString([.. data]);
}
