using System.Text;

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
        reader.Park();
        Assert.Equal(0, reader.Pending);
    }

    [Fact]
    public void Readers_of_one_thread_share_a_buffer_until_one_keeps_something()
    {
        using FrameReader first = new(DelimiterFraming.Line, 1000);
        using FrameReader second = new(DelimiterFraming.Line, 1000);

        Assert.True(first.GetBuffer() == second.GetBuffer());
        first.Park();
        second.Park();

        Put(first, "kept");
        first.Park();
        Assert.False(first.GetBuffer().Overlaps(second.GetBuffer()));
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
                readers[i].Park();
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
            readers[i].Park();
            if (random.Next(8) == 0)
            {
                Assert.Equal(expected[i], Encoding.ASCII.GetString(readers[i].TakeRest()));
                expected[i] = string.Empty;
                readers[i].Park();
            }
        }

        for (int i = 0; i < readers.Length; i++)
        {
            Assert.Equal(expected[i] ?? string.Empty, Encoding.ASCII.GetString(readers[i].TakeRest()));
            readers[i].Dispose();
        }
    }

    [Fact]
    public void Parking_twice_changes_nothing()
    {
        using FrameReader reader = new(DelimiterFraming.Line, 1000);
        Put(reader, "half");
        reader.Park();
        reader.Park();
        Put(reader, " and half\n");
        reader.Park();
        reader.Park();

        Assert.Equal(FrameStatus.Complete, reader.TryRead(out ReadOnlySpan<byte> payload, out _));
        Assert.Equal("half and half"u8, payload);
    }

    [Theory]
    [InlineData("Raw")]
    [InlineData("Line")]
    [InlineData("Length16")]
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

        Assert.Equal(framing == "Raw" ? 200_000 : 100_000, frames);
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
            largest = Math.Max(largest, reader.GetBuffer().Length);
            Put(reader, "b\na");
            Assert.Equal(FrameStatus.Complete, reader.TryRead(out _, out _));
            reader.Park();
        }

        Assert.Equal(1, reader.Pending);
        Assert.InRange(largest, 1, ReceiveBuffer.SharedBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(ReceiveBuffer.SharedBytes)]
    [InlineData(ReceiveBuffer.SharedBytes * 2)]
    public void A_raw_read_takes_no_more_than_the_limit(int limit)
    {
        using FrameReader reader = new(RawFraming.Instance, limit);
        Span<byte> buffer = reader.GetBuffer();
        Assert.InRange(buffer.Length, 1, limit);

        reader.Advance(buffer.Length);
        Assert.Equal(FrameStatus.Complete, reader.TryRead(out ReadOnlySpan<byte> payload, out long length));
        Assert.Equal(buffer.Length, length);
        Assert.Equal(buffer.Length, payload.Length);
        reader.Park();
        Assert.InRange(reader.GetBuffer().Length, 1, limit);
    }

    [Fact]
    public void The_buffer_is_never_empty()
    {
        using FrameReader reader = new(FramingParser.Parse("Length32"), 1 << 24);
        Put(reader, "\0\u007f\u007f\u007f");
        bool park = false;
        while (reader.TryRead(out _, out long length) == FrameStatus.Incomplete)
        {
            int free = reader.GetBuffer().Length;
            Assert.NotEqual(0, free);
            reader.Advance(free);
            park = !park;
            if (park)
            {
                reader.Park();
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
        while (!bytes.IsEmpty)
        {
            Span<byte> buffer = reader.GetBuffer();
            int count = Math.Min(bytes.Length, buffer.Length);
            bytes[..count].CopyTo(buffer);
            reader.Advance(count);
            bytes = bytes[count..];
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

                reader.Park();
            }
        }

        return frames;
    }
}
