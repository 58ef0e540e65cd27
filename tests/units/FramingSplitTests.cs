using System.Text;
using PSNetLab.Engine.Framing;

namespace PSNetLab.Engine.Tests;

/// <summary>The same stream, cut into reads in every way, gives the same frames.</summary>
public class FramingSplitTests
{
    private static readonly string[] s_framings =
    [
        "Line", "Null", "Length8", "Length16", "Length16LE", "Length32", "Length32LE", "Fixed:1", "Fixed:5",
        "Length24", "Length24LE", "Length64", "Length64LE", "Length16:Offset=3", "Length16LE:Offset=2:Includes=Header",
        "Length8:Includes=Length:Adjust=2", "Length32:Adjust=-3", "OctetCount", "Netstring", "Varint",
        "Delimiter:0A", "Delimiter:0D0A", "Delimiter:0D0D0A", "Delimiter:41414142", "Delimiter:616162", "Delimiter:61626162",
    ];

    public static TheoryData<string> Framings => new(s_framings);

    public static TheoryData<string, int> FramingsAndSeeds
    {
        get
        {
            TheoryData<string, int> data = new();
            foreach (string framing in s_framings)
            {
                for (int seed = 1; seed <= 3; seed++)
                {
                    data.Add(framing, seed);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public void Cut_in_two_at_every_byte(string framing)
    {
        byte[] stream = Sample(framing);
        ReferenceDecoder expected = ReferenceDecoder.Decode(framing, stream);
        Assert.True(expected.Frames.Count > 5);

        for (int cut = 0; cut <= stream.Length; cut++)
        {
            AssertDecodes(framing, stream, expected, [cut, stream.Length]);
        }
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public void Byte_by_byte(string framing)
    {
        byte[] stream = Sample(framing);
        AssertDecodes(framing, stream, ReferenceDecoder.Decode(framing, stream), Enumerable.Range(1, stream.Length));
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public void At_every_end_of_the_stream_the_rest_is_what_belongs_to_no_frame(string framing)
    {
        byte[] whole = Sample(framing);
        for (int length = 0; length <= whole.Length; length++)
        {
            byte[] stream = whole[..length];
            ReferenceDecoder expected = ReferenceDecoder.Decode(framing, stream);
            FramingRun run = new FramingRun(FramingRun.Framing(framing)).Read(stream);

            Assert.Equal(expected.Rest.Length, run.Reader.Pending);
            Assert.Equal(expected.TornMessage, run.TakeRest());
            Assert.Equal(0, run.Reader.Pending);
        }
    }

    [Theory]
    [MemberData(nameof(FramingsAndSeeds))]
    public void Random_streams_in_random_chunks(string framing, int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            byte[] stream = RandomStream(framing, random);
            ReferenceDecoder expected = ReferenceDecoder.Decode(framing, stream);
            int longest = random.Next(1, 40);
            List<int> cuts = [];
            for (int at = 0; at < stream.Length;)
            {
                at = Math.Min(stream.Length, at + random.Next(1, longest + 1));
                cuts.Add(at);
            }

            AssertDecodes(framing, stream, expected, cuts);
        }
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public void Messages_come_back_as_they_were_sent(string framing)
    {
        Random random = new(7);
        MessageFraming parsed = FramingRun.Framing(framing);
        byte[][] messages = [.. Enumerable.Range(0, 500).Select(_ => Message(framing, random))];
        byte[] stream = FramingRun.Encode(parsed, messages);

        FramingRun run = new(parsed);
        for (int at = 0; at < stream.Length;)
        {
            int count = Math.Min(stream.Length - at, random.Next(1, 100));
            run.Read(stream.AsSpan(at, count));
            at += count;
        }

        Assert.Equal(messages, run.Frames);
        Assert.Equal(0, run.Reader.Pending);
    }

    [Fact]
    public void Raw_gives_every_read_as_it_came()
    {
        byte[][] reads = [.. "one|t|wo three".Split('|').Select(Encoding.ASCII.GetBytes)];
        FramingRun run = new(RawFraming.Instance);
        foreach (byte[] read in reads)
        {
            run.Read(read);
        }

        Assert.Equal(reads, run.Frames);
        Assert.Equal([1, 1, 1], run.Reads);
    }

    private static void AssertDecodes(string framing, byte[] stream, ReferenceDecoder expected, IEnumerable<int> cuts)
    {
        FramingRun run = new(FramingRun.Framing(framing));
        List<int> ends = [];
        int from = 0;
        foreach (int to in cuts)
        {
            run.Read(stream.AsSpan(from, to - from));
            if (to > from)
            {
                ends.Add(to);
            }

            from = to;
        }

        Assert.Equal(expected.Frames, run.Frames);
        Assert.Equal(ExpectedReads(expected.Ends, ends), run.Reads);
        Assert.Equal(expected.Rest.Length, run.Reader.Pending);
        Assert.Equal(expected.TornMessage, run.TakeRest());
    }

    private static IEnumerable<int> ExpectedReads(List<int> frameEnds, List<int> readEnds)
    {
        int start = 0;
        foreach (int end in frameEnds)
        {
            int from = start;
            int firstRead = readEnds.FindIndex(readEnd => readEnd > from);
            int lastRead = readEnds.FindIndex(readEnd => readEnd >= end);
            yield return lastRead - firstRead + 1;
            start = end;
        }
    }

    /// <summary>Empty, short and longer messages, then the start of one more.</summary>
    private static byte[] Sample(string framing)
    {
        Random random = new(42);
        MessageFraming parsed = FramingRun.Framing(framing);
        List<byte[]> messages = [.. Enumerable.Range(0, 12).Select(_ => Message(framing, random))];
        if (!framing.StartsWith("Fixed", StringComparison.Ordinal))
        {
            byte[] shortest = new byte[LeastBytes(framing)];
            messages.Insert(3, shortest);
            messages.Insert(4, shortest);
            messages.Add(shortest);
        }

        byte[] tail = FramingRun.Encode(parsed, Message(framing, random));
        return [.. FramingRun.Encode(parsed, messages), .. tail[..^1]];
    }

    private static byte[] Message(string framing, Random random)
    {
        int length = framing.StartsWith("Fixed:", StringComparison.Ordinal) ? framing[^1] - '0'
            : random.Next(0, 30) + LeastBytes(framing);
        byte[] message = new byte[length];
        if (HasLength(framing) || framing.StartsWith("Fixed", StringComparison.Ordinal))
        {
            random.NextBytes(message);
        }
        else
        {
            // A message may hold the start of a delimiter, but never its last byte: no whole one can come about.
            random.GetItems("\r\t\u0001AaxyZ"u8, message);
            if (framing == "Line")
            {
                message.AsSpan().Replace((byte)'\r', (byte)' ');
            }
        }

        return message;
    }

    private static bool HasLength(string framing)
        => framing.StartsWith("Length", StringComparison.Ordinal) || framing is "OctetCount" or "Netstring" or "Varint";

    private static int LeastBytes(string framing)
        => framing == "OctetCount" || framing.Contains("Includes=Length:Adjust=2", StringComparison.Ordinal) ? 1
            : framing.Contains("Offset=3", StringComparison.Ordinal) ? 3
            : framing.Contains("Offset=2", StringComparison.Ordinal) ? 2
            : 0;

    /// <summary>Bytes near the framing's own: delimiters, halves of them, and short lengths.</summary>
    private static byte[] RandomStream(string framing, Random random)
    {
        if (HasLength(framing))
        {
            byte[] whole = FramingRun.Encode(
                FramingRun.Framing(framing), Enumerable.Range(0, random.Next(1, 20)).Select(_ => Message(framing, random)));
            return whole[..random.Next(whole.Length + 1)];
        }

        byte[] stream = new byte[random.Next(0, 300)];
        random.GetItems("\0\n\r\rAAABaaabx"u8, stream);
        return stream;
    }
}
