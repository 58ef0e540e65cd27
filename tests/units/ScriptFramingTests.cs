using System.Text;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>Framings that ask somebody where a message ends.</summary>
public class ScriptFramingTests
{
    private static readonly byte[] s_stream = [0, 1, 65, 0, 0, 0, 3, 66, 67, 68, 1, 0, .. new byte[256], 0, 4, 69, 70];

    public static TheoryData<Func<object>, string> Nonsense => new()
    {
        { () => FrameVerdict.Complete(5, -1, 0, null, null), "Length is -1" },
        { () => FrameVerdict.Complete(5, 0, 0, null, null), "Length is 0" },
        { () => FrameVerdict.Complete(5, 6, 0, null, null), "there are only 5 bytes so far" },
        { () => FrameVerdict.Complete(5, long.MaxValue, 0, null, null), "there are only 5 bytes so far" },
        { () => FrameVerdict.Complete(5, 5, -1, null, null), "not within" },
        { () => FrameVerdict.Complete(5, 5, 6, null, null), "not within" },
        { () => FrameVerdict.Complete(5, 5, 2, 4, null), "not within" },
        { () => FrameVerdict.Complete(5, 5, 2, -1, null), "not within" },
        { () => FrameVerdict.Complete(5, 5, 2, long.MaxValue, null), "not within" },
        { () => FrameVerdict.Complete(5, 5, long.MaxValue, null, null), "not within" },
        { () => FrameVerdict.Complete(5, 5, 0, null, new byte[6]), "Content has 6 bytes" },
        { () => FrameVerdict.Incomplete(5, 5), "there are 5 bytes already" },
        { () => FrameVerdict.Incomplete(5, -1), "there are 5 bytes already" },
        { () => FrameVerdict.Incomplete(5, null, -1), "no place in a message" },
    };

    [Fact]
    public void The_same_at_every_cut_and_byte_by_byte_and_what_is_torn_has_no_header()
    {
        for (int end = 0; end <= s_stream.Length; end++)
        {
            byte[] stream = s_stream[..end];
            ReferenceDecoder expected = ReferenceDecoder.Decode("Length16", stream);
            for (int cut = 0; cut <= end; cut++)
            {
                FramingRun run = new(ScriptedFraming.Length16.Framing);
                AssertDecoded(expected, run.Read(stream.AsSpan(0, cut)).Read(stream.AsSpan(cut)));
            }

            FramingRun slow = new(ScriptedFraming.Length16.Framing);
            foreach (byte one in stream)
            {
                slow.Read([one]);
            }

            AssertDecoded(expected, slow);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_streams_in_random_pieces(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 100; round++)
        {
            byte[] stream = [.. Enumerable.Range(0, 20).SelectMany(_ => new byte[] { 0, (byte)random.Next(4), 1, 2, 3 })];
            FramingRun run = new(ScriptedFraming.Length16.Framing);
            for (int at = 0; at < stream.Length;)
            {
                int count = Math.Min(stream.Length - at, random.Next(1, 30));
                run.Read(stream.AsSpan(at, count), park: random.Next(2) == 0);
                at += count;
            }

            AssertDecoded(ReferenceDecoder.Decode("Length16", stream), run);
        }
    }

    [Fact]
    public void It_is_asked_again_only_when_there_is_as_much_as_it_needs()
    {
        ScriptedFraming scripts = ScriptedFraming.Length16;
        FramingRun run = new(scripts.Framing);
        foreach (byte one in s_stream[..10])
        {
            run.Read([one]);
        }

        Assert.Equal([1, 2, 3, 1, 2, 1, 2, 5], scripts.Seen);
    }

    [Fact]
    public void Content_may_be_other_bytes_than_those_on_the_wire()
    {
        // A byte after 1 is one less.
        ScriptedFraming scripts = new(bytes => bytes.AsSpan().IndexOf((byte)0) is var end and >= 0
            ? FrameVerdict.Complete(bytes.Length, end + 1, 0, null, Encoding.ASCII.GetBytes(
                Encoding.ASCII.GetString(bytes, 0, end).Replace("\u0001B", "A", StringComparison.Ordinal)))
            : FrameVerdict.Incomplete(bytes.Length));

        FramingRun run = new FramingRun(scripts.Framing).Read("x\u0001By\0\0zz\0q"u8);

        Assert.Equal(["xAy", "", "zz"], run.Frames.Select(Encoding.ASCII.GetString));
        Assert.Equal(1, run.Reader.Pending);
        Assert.Empty(run.TakeRest());
    }

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Numbers_that_make_no_sense_are_refused(Func<object> verdict, string why)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => verdict());
        Assert.Equal(FaultKind.FramingScriptFailed, fault.Kind);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_over_the_limit_is_too_long_as_soon_as_that_is_known()
    {
        ScriptedFraming announces = new(bytes => FrameVerdict.Incomplete(bytes.Length, 1_000_000, 2));
        Assert.Equal(FrameStatus.TooLong, new FramingRun(announces.Framing, limit: 100).Read([1]).Status);

        ScriptedFraming complete = new(bytes => FrameVerdict.Complete(bytes.Length, bytes.Length, 0, null, null));
        Assert.Equal(FrameStatus.TooLong, new FramingRun(complete.Framing, limit: 3).Read([1, 2, 3, 4]).Status);
        Assert.Equal(FrameStatus.Incomplete, new FramingRun(complete.Framing, limit: 3).Read([1, 2, 3]).Status);

        ScriptedFraming never = new(bytes => FrameVerdict.Incomplete(bytes.Length));
        FramingRun run = new(never.Framing, limit: 3);
        run.Read(new byte[ScriptFraming.MostOtherBytes + 3]);
        Assert.Equal(FrameStatus.Incomplete, run.Status);
        Assert.Equal(FrameStatus.TooLong, run.Read([1]).Status);
    }

    [Fact]
    public async Task A_server_asks_away_from_the_event_loop_and_keeps_the_order_of_each_connection()
    {
        ScriptedFraming scripts = new(
            async bytes =>
            {
                await Task.Yield();
                return ScriptedFraming.Parse(bytes);
            },
            payload => [0, (byte)payload.Length, .. payload]);
        await using TestServer server = new(new() { Framing = scripts.Framing, Echo = true });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            using Peer peer = await server.ConnectAsync();
            string text = string.Concat(Enumerable.Range(0, 40).Select(i => $"\0\u0003{number}{i:00}"));
            foreach (char one in text)
            {
                await peer.SendAsync(one.ToString());
            }

            Assert.Equal(text, await peer.ReadTextAsync(text));
        })).Soon();
        Assert.Equal(320, (await server.MessagesAsync(320)).GroupBy(message => message.Text).Count());
    }

    [Fact]
    public async Task A_parse_that_fails_ends_only_its_connection()
    {
        ScriptedFraming scripts = new(bytes => bytes[0] == 'x'
            ? throw new NetLabException(FaultKind.FramingScriptFailed, "no")
            : FrameVerdict.Complete(bytes.Length, 1, 0, null, null));
        await using TestServer server = new(new() { Framing = scripts.Framing, Echo = true });
        using Peer good = await server.ConnectAsync();
        using Peer bad = await server.ConnectAsync();
        await good.SendAsync("a");
        Assert.Equal("a", await good.ReadTextAsync("a"));

        await bad.SendAsync("bxc");

        Assert.Equal("b"u8.ToArray(), await bad.ReadToEndAsync());
        await good.SendAsync("d");
        Assert.Equal("d", await good.ReadTextAsync("d"));
        Assert.Equal([FaultKind.FramingScriptFailed], server.Observer.FaultsLeft().Select(fault => fault.Kind));
    }

    private static void AssertDecoded(ReferenceDecoder expected, FramingRun run)
    {
        Assert.Equal(expected.Frames, run.Frames);
        Assert.Equal(expected.Rest.Length, run.Reader.Pending);
        Assert.Equal(expected.TornMessage, run.TakeRest());
    }
}
