using System.Text;

namespace PSNetLab.Engine.Tests;

public class TcpConnectionTests
{
    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Messages_come_in_order_and_then_nothing(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        await pair.Client.SendAsync("one").Soon();
        await pair.Client.SendAsync("two\nthree").Soon();
        await pair.Client.HalfCloseAsync(CancellationToken.None).Soon();

        Assert.Equal("one", await pair.Server.NextTextAsync());
        Assert.Equal("two", await pair.Server.NextTextAsync());
        Assert.Equal("three", await pair.Server.NextTextAsync());
        Assert.Null(await pair.Server.NextAsync());
        Assert.Null(await pair.Server.NextAsync());
        Assert.Equal(3, pair.Server.MessagesReceived);
        Assert.Equal("one\ntwo\nthree\n".Length, pair.Server.BytesReceived);
        Assert.Equal(2, pair.Client.MessagesSent);
        Assert.Equal("one\ntwo\nthree\n".Length, pair.Client.BytesSent);
    }

    [Fact]
    public async Task Every_connection_has_an_id_of_its_own()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportKind.Portable);
        Assert.NotEqual(pair.Client.Id, pair.Server.Id);
        Assert.Equal(pair.Client.Local, pair.Server.Remote);
        Assert.Equal($"{pair.Client.Local} - {pair.Server.Local} (Established)", pair.Client.ToString());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task States_follow_the_half_closes(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        Assert.Equal(TcpConnectionState.Established, pair.Client.State);

        await pair.Client.HalfCloseAsync(CancellationToken.None).Soon();
        await pair.Client.HalfCloseAsync(CancellationToken.None).Soon();
        Assert.Equal(TcpConnectionState.FinWait, pair.Client.State);
        Assert.Null(await pair.Server.NextAsync());
        Assert.Equal(TcpConnectionState.CloseWait, pair.Server.State);

        await pair.Server.SendAsync("still").Soon();
        Assert.Equal("still", await pair.Client.NextTextAsync());
        Assert.NotNull(await Record.ExceptionAsync(() => pair.Client.SendAsync("too late").Soon()));

        pair.Server.Close(TcpCloseReason.LocalClosed);
        Assert.Equal(TcpConnectionState.Closed, pair.Server.State);
        Assert.Null(await pair.Client.NextAsync());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_half_close_comes_after_what_is_being_sent(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind, "Length32", 1 << 26);
        byte[] message = new byte[48 * 1024 * 1024];
        Task sending = pair.Client.SendAsync(message);
        Assert.False(sending.IsCompleted);
        Task closing = pair.Client.HalfCloseAsync(CancellationToken.None).AsTask();
        Assert.False(closing.IsCompleted);

        Assert.Equal(message.Length, (await pair.Server.NextAsync())!.Length);
        Assert.Null(await pair.Server.NextAsync());
        await sending.Soon();
        await closing.Soon();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_frame_cut_off_by_the_end_is_a_truncated_message(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        await pair.Client.SendAsync("whole\nhalf"u8.ToArray(), 1, CancellationToken.None).Soon();
        await pair.Client.HalfCloseAsync(CancellationToken.None).Soon();

        Assert.False((await pair.Server.NextAsync())!.Truncated);
        TcpMessage? rest = await pair.Server.NextAsync();
        Assert.True(rest!.Truncated);
        Assert.Equal("half", rest.Text);
        Assert.Equal(2, rest.Sequence);
        Assert.Null(await pair.Server.NextAsync());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_message_too_long_closes_the_connection(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind, "Line", limit: 10);
        await pair.Client.SendAsync("good\n0123456789 and more").Soon();

        Assert.Equal("good", await pair.Server.NextTextAsync());
        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(pair.Server.NextAsync);
        Assert.Equal(FaultKind.MessageTooLong, fault.Kind);
        Assert.Equal(TcpCloseReason.MessageTooLong, pair.Server.CloseReason);
        Assert.Equal(fault.Message, pair.Server.CloseDetail);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_reset_is_told_to_who_receives(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        Task<TcpMessage?> receiving = pair.Server.NextAsync();
        pair.Client.Close(TcpCloseReason.LocalReset);

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => receiving);
        Assert.Equal(FaultKind.ConnectionReset, fault.Kind);
        Assert.Equal(TcpCloseReason.PeerReset, pair.Server.CloseReason);
        Assert.Equal(TcpConnectionState.Closed, pair.Server.State);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Who_receives_while_this_side_closes_gets_the_end(TransportKind kind)
    {
        for (int round = 0; round < 30; round++)
        {
            using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
            Task<TcpMessage?> receiving = pair.Server.NextAsync();
            await Task.Run(() => pair.Server.Close(TcpCloseReason.LocalClosed)).Soon();

            Assert.Null(await receiving);
            Assert.Null(await pair.Server.NextAsync());
            Assert.Equal(TcpCloseReason.LocalClosed, pair.Server.CloseReason);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Who_sends_while_this_side_closes_fails(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        Task sending = pair.Server.SendAsync(new byte[64 * 1024 * 1024]);
        Task waiting = pair.Server.SendAsync("next");

        pair.Server.Close(TcpCloseReason.LocalClosed);

        foreach (Task task in new[] { sending, waiting })
        {
            Exception? error = await Record.ExceptionAsync(() => task.Soon());
            Assert.True(task.IsFaulted, $"{error}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Waiting_for_a_message_can_be_given_up_and_begun_again(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        await pair.Client.SendAsync("first\nhalf"u8.ToArray(), 1, CancellationToken.None).Soon();
        Assert.Equal("first", await pair.Server.NextTextAsync());
        for (int round = 0; round < 20; round++)
        {
            using CancellationTokenSource source = new();
            Task<TcpMessage?> receiving = pair.Server.ReceiveAsync(source.Token).AsTask();
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.Soon());
        }

        await pair.Client.SendAsync(" and half").Soon();
        Assert.Equal("half and half", await pair.Server.NextTextAsync());
        Assert.Equal(TcpCloseReason.None, pair.Server.CloseReason);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Who_has_given_up_reads_nothing_more_even_if_it_is_there(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        await pair.Client.SendAsync("one").Soon();
        await pair.Server.WaitReadableAsync().AsTask().Soon();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Server.ReceiveAsync(new CancellationToken(true)).Soon());
        Assert.Equal("one", await pair.Server.NextTextAsync());
    }

    [Fact]
    public async Task One_receiver_at_a_time()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportPair.Kinds[0]);
        Task<TcpMessage?> first = pair.Server.NextAsync();

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(pair.Server.NextAsync);
        Assert.Equal(FaultKind.ConnectionBusy, fault.Kind);
        Assert.Contains("only one at a time", fault.Message, StringComparison.Ordinal);

        await pair.Client.SendAsync("for the first").Soon();
        Assert.Equal("for the first", (await first)!.Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Messages_sent_by_many_at_once_arrive_whole(TransportKind kind)
    {
        const int Senders = 8;
        const int Each = 60;
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind, "Length32");
        Task sending = Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            Random random = new(sender);
            for (int number = 0; number < Each; number++)
            {
                // The first bytes say who and which; all the others are the sender's own.
                byte[] message = new byte[random.Next(2, 150_000)];
                message.AsSpan().Fill((byte)sender);
                message[1] = (byte)number;
                await pair.Client.SendAsync(message);
            }
        })));

        int[] next = new int[Senders];
        for (int i = 0; i < Senders * Each; i++)
        {
            byte[] message = (await pair.Server.NextAsync())!.Bytes;
            Assert.Equal(next[message[0]]++, message[1]);
            Assert.True(message.AsSpan(2).IndexOfAnyExcept(message[0]) < 0);
        }

        await sending.Soon();
        Assert.Equal(Senders * Each, pair.Client.MessagesSent);
        Assert.Equal(pair.Client.BytesSent, pair.Server.BytesReceived);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Giving_up_in_the_middle_of_a_frame_closes_the_connection(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind, "Length32", 1 << 26);
        using CancellationTokenSource source = new();
        Task sending = pair.Client.SendAsync(new byte[60 * 1024 * 1024], source.Token);
        Assert.False(sending.IsCompleted);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Soon());
        Assert.Equal(TcpCloseReason.LocalReset, pair.Client.CloseReason);
        Assert.NotNull(pair.Client.CloseDetail);
        Assert.Equal(FaultKind.ConnectionReset, (await Assert.ThrowsAsync<NetLabException>(pair.Server.NextAsync)).Kind);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Giving_up_before_the_turn_harms_nobody(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind, "Length32", 1 << 26);
        byte[] first = new byte[40 * 1024 * 1024];
        Task sending = pair.Client.SendAsync(first);
        using CancellationTokenSource source = new();
        Task waiting = pair.Client.SendAsync("never sent", source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        Assert.Equal(TcpCloseReason.None, pair.Client.CloseReason);
        Assert.Equal(first.Length, (await pair.Server.NextAsync())!.Length);
        await sending.Soon();
        await pair.Client.SendAsync("next").Soon();
        Assert.Equal("next", await pair.Server.NextTextAsync());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_data_is_only_read_before_SendAsync_returns(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind, "Length32", 1 << 26);
        byte[] frame = FramingRun.Encode(pair.Client.Frames, Encoding.ASCII.GetBytes(new string('a', 20_000_000)));
        Task sending = pair.Client.SendAsync(frame, 1, CancellationToken.None).AsTask();
        Array.Clear(frame);

        TcpMessage? message = await pair.Server.NextAsync();
        Assert.True(message!.Bytes.AsSpan().IndexOfAnyExcept((byte)'a') < 0);
        await sending.Soon();
    }
}
