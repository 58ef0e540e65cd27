using System.Text;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

public class FrameReaderTests
{
    [Fact]
    public void Glued_frames_came_with_one_read_each()
        => Assert.Equal([1, 1, 1], new FramingRun(DelimiterFraming.Line).Read("a\nb\nc\n"u8).Reads);

    [Fact]
    public void A_frame_counts_the_reads_that_brought_a_part_of_it()
    {
        FramingRun run = new FramingRun(DelimiterFraming.Line).Read("a"u8).Read("b"u8).Read("c\nd"u8).Read("e\nf\n"u8).Read("g\n"u8);

        Assert.Equal(["abc", "de", "f", "g"], run.Frames.Select(Encoding.ASCII.GetString));
        Assert.Equal([3, 2, 1, 1], run.Reads);
    }

    [Fact]
    public void The_rest_counts_its_reads_too()
    {
        FramingRun run = new FramingRun(DelimiterFraming.Line).Read("a\nb"u8).Read("c"u8);

        Assert.Equal("bc"u8.ToArray(), run.TakeRest());
        Assert.Equal(2, run.Reader.Reads);
    }

    [Fact]
    public void Reads_of_dropped_bytes_are_not_counted_for_the_next_frame()
    {
        FramingRun run = new FramingRun(DelimiterFraming.Line).Read("half"u8).Read(" a line"u8);

        run.Reader.Dispose();

        Assert.Equal(0, run.Reader.Pending);
        Assert.Equal([1], run.Read("whole\n"u8).Reads);
    }

    [Fact]
    public void Pending_is_what_belongs_to_no_frame_yet()
    {
        FramingRun run = new FramingRun(FramingParser.Parse("Length16")).Read([0, 3, 1]);
        Assert.Equal(3, run.Reader.Pending);

        run.Read([2, 3, 0]);
        Assert.Equal(1, run.Reader.Pending);
    }

    [Fact]
    public void Nothing_pending_gives_nothing()
    {
        using FrameReader reader = new(DelimiterFraming.Line, 10);

        Assert.Equal(FrameStatus.Incomplete, reader.TryRead(out ReadOnlySpan<byte> payload, out long length));
        Assert.True(payload.IsEmpty);
        Assert.Equal(0, length);
        Assert.True(reader.TakeRest().IsEmpty);
        reader.Lend().Dispose();
        Assert.Equal(0, reader.Pending);
    }

    [Fact]
    public void Readers_of_one_thread_share_a_buffer_until_one_keeps_something()
    {
        using FrameReader first = new(DelimiterFraming.Line, 1000);
        using FrameReader second = new(DelimiterFraming.Line, 1000);

        Assert.True(Place(first) == Place(second));

        Put(first, "kept");
        Assert.NotEqual(Place(first), Place(second));
    }

    [Fact]
    public void Who_receives_while_another_receives_on_the_thread_gets_other_memory()
    {
        using FrameReader first = new(DelimiterFraming.Line, 1000);
        using FrameReader second = new(DelimiterFraming.Line, 1000);
        using FrameReader.Lease lease = first.Lend();
        "first\n"u8.CopyTo(lease.Free);
        lease.Advance(6);

        Put(second, "second\n");

        Assert.Equal(FrameStatus.Complete, first.TryRead(out ReadOnlySpan<byte> payload, out _));
        Assert.Equal("first", Encoding.ASCII.GetString(payload));
    }

    [Fact]
    public void A_second_lease_beside_the_first_is_refused()
    {
        using FrameReader reader = new(DelimiterFraming.Line, 1000);
        using FrameReader.Lease lease = reader.Lend();

        Assert.Throws<InvalidOperationException>(() => reader.Lend().Dispose());
    }

    [Fact]
    public void What_is_parked_survives_what_others_read_on_the_thread()
    {
        FrameReader[] readers = [.. Enumerable.Range(0, 50).Select(_ => new FrameReader(DelimiterFraming.Line, 1000))];
        for (int turn = 0; turn < 20; turn++)
        {
            for (int i = 0; i < readers.Length; i++)
            {
                Put(readers[i], $"{i}:{turn} ");
                Assert.Equal(FrameStatus.Incomplete, readers[i].TryRead(out _, out _));
            }
        }

        for (int i = 0; i < readers.Length; i++)
        {
            Put(readers[i], "end\n");
            Assert.Equal(FrameStatus.Complete, readers[i].TryRead(out ReadOnlySpan<byte> payload, out _));
            Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(turn => $"{i}:{turn} ")) + "end", Encoding.ASCII.GetString(payload));
            readers[i].Dispose();
        }
    }

    [Fact]
    public void Parked_memory_is_not_given_to_another_reader()
    {
        FrameReader[] readers = [.. Enumerable.Range(0, 20).Select(_ => new FrameReader(DelimiterFraming.Line, 1 << 20))];
        Random random = new(3);
        string[] expected = new string[readers.Length];
        for (int turn = 0; turn < 400; turn++)
        {
            int i = random.Next(readers.Length);
            string text = new((char)random.Next('a', 'z' + 1), random.Next(1, 3000));
            expected[i] += text;
            Put(readers[i], text);
            if (random.Next(8) == 0)
            {
                Assert.Equal(expected[i], Encoding.ASCII.GetString(readers[i].TakeRest()));
                expected[i] = string.Empty;
            }
        }

        for (int i = 0; i < readers.Length; i++)
        {
            Assert.Equal(expected[i] ?? string.Empty, Encoding.ASCII.GetString(readers[i].TakeRest()));
            readers[i].Dispose();
        }
    }

    [Fact]
    public void A_lease_without_a_read_changes_nothing()
    {
        using FrameReader reader = new(DelimiterFraming.Line, 1000);
        reader.Lend().Dispose();
        Put(reader, "half");
        reader.Lend().Dispose();
        Put(reader, " and half\n");
        reader.Lend().Dispose();

        Assert.Equal(FrameStatus.Complete, reader.TryRead(out ReadOnlySpan<byte> payload, out _));
        Assert.Equal("half and half"u8, payload);
    }

    [Theory]
    [InlineData("Raw")]
    [InlineData("Line")]
    [InlineData("Length16")]
    [InlineData("Length16:Offset=4")]
    [InlineData("OctetCount")]
    [InlineData("Netstring")]
    [InlineData("Varint")]
    [InlineData("Slip")]
    [InlineData("Telnet")]
    [InlineData("TelnetRaw")]
    public void A_hundred_thousand_messages_allocate_nothing(string framing)
    {
        MessageFraming parsed = FramingRun.Framing(framing);
        byte[] frame = FramingRun.Encode(parsed, new byte[100]);
        byte[][] halves = [frame[..50], frame[50..]];
        using FrameReader reader = new(parsed, 1000);
        Pump(reader, halves, 100);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int frames = Pump(reader, halves, 100_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(framing is "Raw" or "TelnetRaw" ? 200_000 : 100_000, frames);
        Assert.InRange(allocated, 0, 1 << 20);
    }

    [Fact]
    public void A_glued_stream_does_not_grow_the_buffer()
    {
        // One byte of the next message is always pending, so the buffer is never given back.
        using FrameReader reader = new(DelimiterFraming.Line, 1000);
        Put(reader, "a");
        int largest = 0;
        for (int i = 0; i < 100_000; i++)
        {
            largest = Math.Max(largest, Free(reader));
            Put(reader, "b\na");
            Assert.Equal(FrameStatus.Complete, reader.TryRead(out _, out _));
        }

        Assert.Equal(1, reader.Pending);
        Assert.InRange(largest, 1, ReceiveBuffer.LentBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(ReceiveBuffer.LentBytes)]
    [InlineData(ReceiveBuffer.LentBytes * 2)]
    public void A_raw_read_takes_no_more_than_the_limit(int limit)
    {
        using FrameReader reader = new(RawFraming.Instance, limit);
        using (FrameReader.Lease lease = reader.Lend())
        {
            int free = lease.Free.Length;
            Assert.InRange(free, 1, limit);

            lease.Advance(free);
            Assert.Equal(FrameStatus.Complete, reader.TryRead(out ReadOnlySpan<byte> payload, out long length));
            Assert.Equal(free, length);
            Assert.Equal(free, payload.Length);
        }

        Assert.InRange(Free(reader), 1, limit);
    }

    [Fact]
    public void The_buffer_is_never_empty()
    {
        using FrameReader reader = new(FramingParser.Parse("Length32"), 1 << 24);
        Put(reader, "\0\u007f\u007f\u007f");
        while (reader.TryRead(out _, out long length) == FrameStatus.Incomplete)
        {
            using FrameReader.Lease lease = reader.Lend();
            for (int i = 0; i < 2; i++)
            {
                int free = lease.Free.Length;
                Assert.NotEqual(0, free);
                lease.Advance(free);
            }

            Assert.InRange(reader.Pending, (int)length, 1 << 25);
        }
    }

    private static void Put(FrameReader reader, string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        Put(reader, bytes);
    }

    private static void Put(FrameReader reader, ReadOnlySpan<byte> bytes)
    {
        using FrameReader.Lease lease = reader.Lend();
        while (!bytes.IsEmpty)
        {
            Span<byte> free = lease.Free;
            int count = Math.Min(bytes.Length, free.Length);
            bytes[..count].CopyTo(free);
            lease.Advance(count);
            bytes = bytes[count..];
        }
    }

    private static int Free(FrameReader reader)
    {
        using FrameReader.Lease lease = reader.Lend();
        return lease.Free.Length;
    }

    /// <summary>The address of the memory that the reader receives into.</summary>
    private static unsafe nint Place(FrameReader reader)
    {
        using FrameReader.Lease lease = reader.Lend();
        fixed (byte* start = lease.Free)
        {
            return (nint)start;
        }
    }

    private static int Pump(FrameReader reader, byte[][] parts, int rounds)
    {
        int frames = 0;
        for (int round = 0; round < rounds; round++)
        {
            foreach (byte[] part in parts)
            {
                Put(reader, part);
                while (reader.TryRead(out _, out _) == FrameStatus.Complete)
                {
                    frames++;
                }
            }
        }

        return frames;
    }
}
