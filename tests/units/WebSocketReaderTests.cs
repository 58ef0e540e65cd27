using System.Text;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.WebSockets;

namespace PSNetLab.Engine.Tests;

/// <summary>Frames of clients, whole, in pieces, wrong and random.</summary>
public sealed class WebSocketReaderTests
{
    private const int Most = 100_000;

    /// <summary>Everything that a client may send.</summary>
    private static readonly byte[] s_all =
    [
        .. WebSocketBytes.Text("hello"),
        .. WebSocketBytes.Text("H\u00e9", isFinal: false),
        .. WebSocketBytes.Frame(0x89, "ping"u8.ToArray()),
        .. WebSocketBytes.Frame(0x00, []),
        .. WebSocketBytes.Frame(0x8A, []),
        .. WebSocketBytes.Frame(0x80, "\u20ac!"u8.ToArray()),
        .. WebSocketBytes.Frame(0x82, new byte[126]),
        .. WebSocketBytes.Text(string.Empty),
        .. WebSocketBytes.Frame(0x82, [1, 2, 3]),
        .. WebSocketBytes.Close(4000, "bye"),
    ];

    private static readonly string[] s_found =
    [
        "Text hello", "Ping ping", "Pong ", "Text H\u00e9\u20ac!", $"Binary {new string('\0', 126)}", "Text ", "Binary \u0001\u0002\u0003",
        "Close 4000 bye",
    ];

    [Fact]
    public void All_kinds_of_frames_are_read()
        => Assert.Equal(s_found, Read([s_all]));

    [Fact]
    public void Frames_are_read_however_they_are_cut()
    {
        for (int cut = 0; cut <= s_all.Length; cut++)
        {
            Assert.Equal(s_found, Read([s_all[..cut], s_all[cut..]]));
        }

        Assert.Equal(s_found, Read(s_all.Select(one => new[] { one })));
    }

    [Theory]
    [InlineData(0x91)] // a reserved bit
    [InlineData(0xA2)]
    [InlineData(0xC1)]
    [InlineData(0x83)] // an unknown opcode
    [InlineData(0x8B)]
    [InlineData(0x8F)]
    [InlineData(0x09)] // a control frame in pieces
    [InlineData(0x08)]
    [InlineData(0x80)] // a continuation of nothing
    [InlineData(0x00)]
    public void A_wrong_first_byte_is_a_protocol_error(int first)
        => AssertFails(1002, WebSocketBytes.Frame(first, []));

    [Fact]
    public void A_frame_that_is_not_masked_is_a_protocol_error()
        => AssertFails(1002, WebSocketBytes.Frame(0x81, "a"u8.ToArray(), isMasked: false));

    [Fact]
    public void A_message_within_another_is_a_protocol_error()
        => AssertFails(1002, [.. WebSocketBytes.Text("a", isFinal: false), .. WebSocketBytes.Text("b")]);

    [Fact]
    public void A_long_control_frame_is_a_protocol_error()
    {
        Assert.Equal([$"Ping {new string('\0', 125)}"], Read([WebSocketBytes.Frame(0x89, new byte[125])]));
        AssertFails(1002, WebSocketBytes.Frame(0x89, new byte[126]));
    }

    [Theory]
    [InlineData(125, 2)]
    [InlineData(0, 2)]
    [InlineData(126, 8)]
    [InlineData(65535, 8)]
    public void A_length_that_is_longer_than_need_be_is_a_protocol_error(int length, int lengthBytes)
        => AssertFails(1002, WebSocketBytes.Frame(0x82, new byte[length], lengthBytes: lengthBytes));

    [Fact]
    public void A_length_of_64_bits_is_a_protocol_error()
        => AssertFails(1002, [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    [Theory]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(Most)]
    public void Long_messages_are_read(int length)
    {
        byte[] payload = new byte[length];
        new Random(7).NextBytes(payload);
        using WebSocketReader reader = new(Most);
        ReadOnlySpan<byte> bytes = WebSocketBytes.Frame(0x82, payload);
        Assert.Equal(WebSocketStep.Binary, reader.Read(ref bytes));
        Assert.Equal(payload, reader.Data);
    }

    [Fact]
    public void A_message_over_the_limit_is_refused_before_it_has_come()
    {
        AssertFails(1009, WebSocketBytes.Frame(0x82, new byte[Most + 1])[..14]);
        byte[] half = WebSocketBytes.Frame(0x02, new byte[Most / 2]);
        AssertFails(1009, [.. half, .. WebSocketBytes.Frame(0x80, new byte[(Most / 2) + 1])[..14]]);
        AssertFails(1009, [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]);
    }

    [Theory]
    [InlineData("\u00ff")]
    [InlineData("\u00c3")]
    [InlineData("\u00ed\u00a0\u0080")] // half of a surrogate pair
    [InlineData("a\u00c0\u0080")]
    public void Text_that_is_not_UTF8_is_invalid_data(string bytes)
    {
        AssertFails(1007, WebSocketBytes.Frame(0x81, Encoding.Latin1.GetBytes(bytes)));
        AssertFails(1007, WebSocketBytes.Frame(0x88, [0x03, 0xE8, .. Encoding.Latin1.GetBytes(bytes)]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1004)]
    [InlineData(1005)]
    [InlineData(1006)]
    [InlineData(1015)]
    [InlineData(1016)]
    [InlineData(2999)]
    [InlineData(5000)]
    [InlineData(65535)]
    public void Codes_that_must_not_be_sent_are_protocol_errors(int code) => AssertFails(1002, WebSocketBytes.Close(code));

    [Theory]
    [InlineData(1000)]
    [InlineData(1003)]
    [InlineData(1007)]
    [InlineData(1014)]
    [InlineData(3000)]
    [InlineData(4999)]
    public void Codes_of_the_peer_are_known(int code) => Assert.Equal([$"Close {code} "], Read([WebSocketBytes.Close(code)]));

    [Fact]
    public void A_Close_frame_may_have_no_code_but_not_half_of_one()
    {
        Assert.Equal(["Close 1005 "], Read([WebSocketBytes.Frame(0x88, [])]));
        AssertFails(1002, WebSocketBytes.Frame(0x88, [3]));
    }

    [Fact]
    public void Unfinished_messages_are_counted_and_given_back()
    {
        ByteLimit held = new(10_000);
        using (WebSocketReader one = new(Most, held))
        {
            ReadOnlySpan<byte> bytes = WebSocketBytes.Frame(0x02, new byte[5000]);
            one.Read(ref bytes);
            Assert.InRange(held.Held, 5000, 10_000);

            using WebSocketReader other = new(Most, held);
            bytes = WebSocketBytes.Frame(0x82, new byte[8000]);
            Assert.Equal(WebSocketStep.NeedsRoom, other.Read(ref bytes));
            Assert.Equal(8000, bytes.Length);
            one.Dispose();
            Assert.Equal(WebSocketStep.Binary, other.Read(ref bytes));
            Assert.Equal((8000, 8000), (other.Data.Length, (int)held.Held));

            // Those of a whole message are given back by whoever has it.
            held.Give(8000);
            other.Refuse();
            Assert.Equal(1013, other.Code);
        }

        Assert.Equal(0, held.Held);
    }

    [Fact]
    public void A_connection_with_nothing_to_do_costs_little()
    {
        byte[] ping = WebSocketBytes.Frame(0x89, []);
        byte[] part = WebSocketBytes.Text("a")[..3];
        long cost = Allocation.Of(() =>
        {
            using WebSocketReader reader = new(Most);
            ReadOnlySpan<byte> bytes = ping;
            reader.Read(ref bytes);
            bytes = part;
            reader.Read(ref bytes);
        });
        Assert.InRange(cost, 1, 400);
    }

    /// <summary>Whatever comes: no exception, no message too long, nothing held at the end, and the same in pieces as at once.</summary>
    [Fact]
    public void Random_bytes_are_read_the_same_way_in_pieces()
    {
        Random random = new(20261129);
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = new byte[random.Next(1, 300)];
            random.NextBytes(bytes);
            byte[] start = s_all[..random.Next(s_all.Length)];
            bytes = [.. start, .. bytes];
            if (random.Next(2) == 0)
            {
                bytes = [.. s_all];
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            string[] whole = Read([bytes]);
            int cut = random.Next(bytes.Length);
            Assert.Equal(whole, Read([bytes[..cut], bytes[cut..]]));
            Assert.Equal(whole, Read(bytes.Select(one => new[] { one })));
        }
    }

    private static void AssertFails(int code, byte[] bytes)
    {
        string last = Read([bytes])[^1];
        Assert.StartsWith($"Failed {code} ", last, StringComparison.Ordinal);
        Assert.Equal(last, Read(bytes.Select(one => new[] { one }))[^1]);
    }

    private static string[] Read(IEnumerable<byte[]> pieces)
    {
        ByteLimit held = new(long.MaxValue);
        List<string> found = [];
        using (WebSocketReader reader = new(Most, held))
        {
            foreach (byte[] piece in pieces)
            {
                ReadOnlySpan<byte> bytes = piece;
                WebSocketStep step;
                while ((step = reader.Read(ref bytes)) != WebSocketStep.NeedsMore)
                {
                    held.Give(step is WebSocketStep.Text or WebSocketStep.Binary ? reader.Data.Length : 0);
                    found.Add(step is WebSocketStep.Close or WebSocketStep.Failed ? $"{step} {reader.Code} {reader.Reason}"
                        : $"{step} {Encoding.UTF8.GetString(reader.Data)}");
                }

                Assert.True(bytes.IsEmpty);
            }
        }

        Assert.Equal(0, held.Held);
        return [.. found];
    }
}
