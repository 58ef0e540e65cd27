using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

public class TcpClientSessionTests
{
    [Fact]
    public async Task It_reads_while_nobody_asks_and_ends_with_the_stream()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        TcpClientSession session = new(pair.Client, count: 0, CancellationToken.None);
        await pair.Server.SendAsync("one\ntwo").Soon();
        await pair.Server.HalfCloseAsync(CancellationToken.None).Soon();

        Assert.Equal(["one", "two"], await TextsAsync(session));
        Assert.Null(session.Fault);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_message_that_is_cut_off_is_a_fault(int count)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        TcpClientSession session = new(pair.Client, count, CancellationToken.None);
        await pair.Server.SendAsync("one\ntw"u8.ToArray(), 0, CancellationToken.None);
        await pair.Server.HalfCloseAsync(CancellationToken.None).Soon();

        Assert.Equal(["one", "tw"], await TextsAsync(session));
        Assert.Equal(FaultKind.TruncatedFrame, session.Fault?.Kind);
        Assert.Contains("only 2 bytes of a Line frame", session.Fault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_reads_no_more_than_it_was_asked_for()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        TcpClientSession session = new(pair.Client, count: 2, CancellationToken.None);
        await pair.Server.SendAsync("one\ntwo\nthree").Soon();

        Assert.Equal(["one", "two"], await TextsAsync(session));
        Assert.Equal("three", await pair.Client.NextTextAsync());
    }

    [Fact]
    public async Task It_holds_back_a_peer_whose_messages_nobody_takes_and_loses_none()
    {
        const int Messages = 20_000;
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        TcpClientSession session = new(pair.Client, count: 0, CancellationToken.None);
        byte[] filler = new byte[1000];
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                await pair.Server.SendAsync(filler);
            }

            await pair.Server.HalfCloseAsync(CancellationToken.None);
        });

        await Waiting.Until(() => pair.Client.MessagesReceived > 0);
        Task held = await Task.WhenAny(sending, Task.Delay(200));
        Assert.NotEqual(sending, held);
        Assert.InRange(pair.Client.MessagesReceived, 1, 2000);

        Assert.Equal(Messages, (await TextsAsync(session)).Count);
        await sending.Soon();
        Assert.Equal(0, session.Received.Dropped);
    }

    [Fact]
    public async Task It_tells_the_fault_that_ended_it_after_what_came_before()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0], limit: 10);
        TcpClientSession session = new(pair.Client, count: 0, CancellationToken.None);
        await pair.Server.SendAsync("short\nfar too long for it").Soon();

        Assert.Equal(["short"], await TextsAsync(session));
        Assert.Equal(FaultKind.MessageTooLong, session.Fault!.Kind);
    }

    [Fact]
    public async Task It_ends_when_it_is_cancelled()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        using CancellationTokenSource source = new();
        TcpClientSession session = new(pair.Client, count: 0, source.Token);

        await source.CancelAsync();

        Assert.Empty(await TextsAsync(session));
        Assert.Null(session.Fault);
        Assert.Equal(TcpConnectionState.Established, pair.Client.State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task What_nobody_took_is_received_next(int count)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        using TcpClientSession session = new(pair.Client, count, CancellationToken.None);
        await pair.Server.SendAsync("one\ntwo\nthree").Soon();
        await Waiting.Until(() => pair.Client.MessagesReceived == 3);
        await session.Received.WaitForDataAsync(CancellationToken.None).Soon();
        Assert.Equal("one", session.Received.TryTake()!.Text);

        await session.LeaveAsync().Soon();
        await pair.Server.SendAsync("four").Soon();

        List<string> texts = [];
        while (texts.Count < 3)
        {
            texts.Add((await pair.Client.ReceiveAsync(CancellationToken.None))!.Text);
        }

        Assert.Equal(["two", "three", "four"], texts);
    }

    [Fact]
    public async Task What_is_left_a_second_time_comes_before_what_still_waits()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        await pair.Server.SendAsync("1\n2\n3\n4\n5\n6").Soon();
        foreach ((int count, string first) in new[] { (6, "1"), (3, "2") })
        {
            using TcpClientSession session = new(pair.Client, count, CancellationToken.None);
            await Waiting.Until(() => pair.Client.MessagesReceived == 6);
            await session.Received.WaitForDataAsync(CancellationToken.None).Soon();
            Assert.Equal(first, session.Received.TryTake()!.Text);
            await session.LeaveAsync().Soon();
        }

        List<string> texts = [];
        while (texts.Count < 4)
        {
            texts.Add((await pair.Client.NextTextAsync())!);
        }

        Assert.Equal(["3", "4", "5", "6"], texts);
    }

    [Fact]
    public async Task While_its_owner_only_sends_it_keeps_for_others_what_comes_up_to_a_limit()
    {
        const int Messages = 100;
        byte[] large = new byte[1_000_000];
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        using TcpClientSession session = new(pair.Client, count: 1, CancellationToken.None);
        await pair.Server.SendAsync("first").Soon();
        await Waiting.Until(() => pair.Client.MessagesReceived == 1);

        session.ReadOn(keeps: true);
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                await pair.Server.SendAsync(large);
            }
        });
        await Waiting.Until(() => pair.Client.MessagesReceived > 60);
        Task held = await Task.WhenAny(sending, Task.Delay(200));

        Assert.NotEqual(sending, held);
        await session.LeaveAsync().Soon();
        Assert.InRange(pair.Client.MessagesReceived, 60, 70);
        Assert.Equal("first", await pair.Client.NextTextAsync());
        for (int i = 0; i < Messages; i++)
        {
            Assert.Equal(large.Length, (await pair.Client.NextAsync())!.Length);
        }

        await sending.Soon();
    }

    [Fact]
    public async Task While_its_owner_only_sends_it_may_keep_nothing()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        using TcpClientSession session = new(pair.Client, count: 1, CancellationToken.None);
        session.ReadOn(keeps: false);
        for (int i = 0; i < 100; i++)
        {
            await pair.Server.SendAsync(new byte[1_000_000]).Soon();
        }

        await session.LeaveAsync().Soon();
        Assert.Equal(0, pair.Client.MessagesReceived);
    }

    private static async Task<List<string>> TextsAsync(TcpClientSession session)
    {
        List<string> texts = [];
        while (!session.Received.IsDrained)
        {
            await session.Received.WaitForDataAsync(CancellationToken.None).Soon();
            while (session.Received.TryTake() is { } message)
            {
                texts.Add(message.Text);
            }
        }

        return texts;
    }
}
