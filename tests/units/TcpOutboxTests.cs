using System.Globalization;
using System.Text;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

public class TcpOutboxTests
{
    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_hundred_thousand_messages_arrive_whole_and_in_order(TransportKind kind)
    {
        const int Messages = 100_000;
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        TcpOutbox outbox = new(pair.Client, CancellationToken.None);
        Task adding = Task.Run(async () =>
        {
            for (int i = 1; i <= Messages; i++)
            {
                outbox.Add(Encoding.ASCII.GetBytes($"message {i}"));
                Assert.Equal(i, outbox.Sequence);
                if (outbox.IsFull)
                {
                    await outbox.DrainAsync();
                }
            }

            await outbox.DrainAsync();
        });

        for (int i = 1; i <= Messages; i++)
        {
            Assert.Equal($"message {i}", await pair.Server.NextTextAsync());
        }

        await adding.Soon();
        Assert.Equal(Messages, pair.Client.MessagesSent);
        Assert.Equal(0, outbox.Lost);
    }

    [Fact]
    public async Task A_slow_producers_messages_go_out_at_once()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        TcpOutbox outbox = new(pair.Client, CancellationToken.None);
        for (int i = 0; i < 1000; i++)
        {
            outbox.Add(Encoding.ASCII.GetBytes($"{i}"));
            Assert.Equal($"{i}", await pair.Server.NextTextAsync());
        }

        await outbox.DrainAsync().Soon();
    }

    [Fact]
    public async Task Draining_nothing_is_done_at_once()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        TcpOutbox outbox = new(pair.Client, CancellationToken.None);
        Assert.True(outbox.DrainAsync().IsCompletedSuccessfully);
        Assert.False(outbox.IsFull);
    }

    [Fact]
    public async Task Numbers_go_on_from_what_the_connection_sent_before()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        await pair.Client.SendAsync("before").Soon();
        TcpOutbox outbox = new(pair.Client, CancellationToken.None);

        outbox.Add("after"u8);
        await outbox.DrainAsync().Soon();

        Assert.Equal(2, outbox.Sequence);
        Assert.Equal(2, pair.Client.MessagesSent);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task After_a_half_close_adding_fails_and_the_peer_is_still_heard(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        await pair.Client.HalfCloseAsync(CancellationToken.None).Soon();
        using TcpOutbox outbox = new(pair.Client, CancellationToken.None);

        outbox.Add("more"u8);

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => outbox.DrainAsync().Soon());
        Assert.Equal(FaultKind.ConnectionClosed, fault.Kind);
        Assert.Equal(1, outbox.Lost);
        Assert.Equal(TcpConnectionState.FinWait, pair.Client.State);
        await pair.Server.SendAsync("late").Soon();
        Assert.Equal("late", await pair.Client.NextTextAsync());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_peer_that_does_not_read_makes_it_full_until_it_reads(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind, "Length32");
        TcpOutbox outbox = new(pair.Client, CancellationToken.None);
        byte[] message = new byte[100_000];
        int added = 0;
        Task draining = Task.CompletedTask;
        while (draining.IsCompleted)
        {
            outbox.Add(message);
            added++;
            if (outbox.IsFull)
            {
                draining = outbox.DrainAsync();
                await Task.WhenAny(draining, Task.Delay(200));
            }
        }

        for (int i = 0; i < added; i++)
        {
            Assert.Equal(message.Length, (await pair.Server.NextAsync())!.Length);
        }

        await draining.Soon();
        Assert.False(outbox.IsFull);
        Assert.Equal(0, outbox.Lost);
    }

    [LinuxFact]
    public async Task A_slow_reader_is_not_stalled_between_two_writes()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportKind.Epoll, "Length32");
        pair.Client.Socket.SendBufferSize = 1024 * 1024;
        pair.Server.Socket.ReceiveBufferSize = 64 * 1024;
        using TcpOutbox outbox = new(pair.Client, CancellationToken.None);
        outbox.Add(new byte[64 * 1024 * 1024]);
        TimeSpan limit = TimeSpan.FromMilliseconds(200);
        await Waiting.Until(() => outbox.Stalled > limit);

        // Less than makes the system report that the connection takes more.
        long sentBefore = pair.Client.BytesSent;
        byte[] bytes = new byte[64 * 1024];
        await Waiting.Until(() => pair.Server.Socket.Available > 0 && pair.Server.Socket.Receive(bytes) > 0 && outbox.Stalled < limit);

        Assert.Equal(sentBefore, pair.Client.BytesSent);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_a_failed_connection_could_not_take_is_counted_as_lost(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind, "Length32");
        TcpOutbox outbox = new(pair.Client, CancellationToken.None);
        outbox.Add("arrives"u8);
        await outbox.DrainAsync().Soon();
        Assert.Equal("arrives", await pair.Server.NextTextAsync());

        // More than all buffers hold, so it is still being sent when the reset comes.
        long sentBefore = pair.Client.BytesSent;
        outbox.Add(new byte[64 * 1024 * 1024]);
        await Waiting.Until(() => pair.Client.BytesSent > sentBefore);
        outbox.Add("waits"u8);
        pair.Server.Close(TcpCloseReason.LocalReset);

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => outbox.DrainAsync().Soon());
        Assert.Contains(fault.Kind, new[] { FaultKind.ConnectionReset, FaultKind.ConnectionClosed });
        Assert.Equal(TcpConnectionState.Closed, pair.Client.State);
        Assert.Equal(2, outbox.Lost);

        outbox.Add("too late"u8);
        Assert.Equal(3, outbox.Lost);
        Assert.Equal(4, outbox.Sequence);
        Assert.Equal(1, pair.Client.MessagesSent);
        await Assert.ThrowsAsync<NetLabException>(() => outbox.DrainAsync().Soon());
    }

    [Fact]
    public async Task A_closed_connection_loses_everything()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        TcpOutbox outbox = new(pair.Client, CancellationToken.None);
        pair.Client.Close(TcpCloseReason.LocalClosed);
        for (int i = 0; i < 100; i++)
        {
            outbox.Add("lost"u8);
        }

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => outbox.DrainAsync().Soon());
        Assert.Equal(FaultKind.ConnectionClosed, fault.Kind);
        Assert.Equal(100, outbox.Lost);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Cancelling_in_the_middle_of_a_frame_closes_the_connection(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind, "Length32");
        using CancellationTokenSource source = new();
        TcpOutbox outbox = new(pair.Client, source.Token);
        outbox.Add(new byte[64 * 1024 * 1024]);
        await Waiting.Until(() => pair.Client.BytesSent > 0);
        Task draining = outbox.DrainAsync();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => draining.Soon());
        Assert.Equal(TcpCloseReason.LocalReset, pair.Client.CloseReason);
        Assert.Equal(1, outbox.Lost);
    }

    [Fact]
    public async Task A_message_the_framing_cannot_carry_is_refused_and_the_others_go()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0], "Length8");
        TcpOutbox outbox = new(pair.Client, CancellationToken.None);

        outbox.Add("one"u8);
        Assert.Equal(FaultKind.MessageTooLong, Assert.Throws<NetLabException>(() => outbox.Add(new byte[256])).Kind);
        outbox.Add("two"u8);
        await outbox.DrainAsync().Soon();

        Assert.Equal(2, outbox.Sequence);
        Assert.Equal("one", await pair.Server.NextTextAsync());
        Assert.Equal("two", await pair.Server.NextTextAsync());
    }

    [Fact]
    public async Task Two_outboxes_of_one_connection_do_not_mix_their_messages()
    {
        const int Each = 5000;
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        Task adding = Task.WhenAll("ab".Select(name => Task.Run(async () =>
        {
            TcpOutbox outbox = new(pair.Client, CancellationToken.None);
            for (int i = 0; i < Each; i++)
            {
                outbox.Add(Encoding.ASCII.GetBytes($"{name}{i}"));
            }

            await outbox.DrainAsync();
        })));

        Dictionary<char, int> next = new() { ['a'] = 0, ['b'] = 0 };
        for (int i = 0; i < 2 * Each; i++)
        {
            string text = (await pair.Server.NextTextAsync())!;
            Assert.Equal(next[text[0]]++, int.Parse(text.AsSpan(1), CultureInfo.InvariantCulture));
        }

        await adding.Soon();
    }
}
