using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>Waiting, and the ends of it: events, cancellation, interruption, closing.</summary>
public class TransportWaitingTests
{
    // More than all buffers on the way hold together.
    private static readonly byte[] s_tooMuch = new byte[64 * 1024 * 1024];

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_cancelled_wait_loses_no_data(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        for (byte round = 0; round < 100; round++)
        {
            using CancellationTokenSource source = new();
            Task waiting = pair.Server.WaitReadableAsync(source.Token).AsTask();
            Assert.False(waiting.IsCompleted);
            await source.CancelAsync();
            OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
            Assert.True(source.Token.IsCancellationRequested);
            Assert.NotEqual(CancellationToken.None, error.CancellationToken);

            await pair.Client.SendAsync(new[] { round }, CancellationToken.None).Soon();
            Assert.Equal([round], await pair.Server.ReadSomeAsync().Soon());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_cancellation_at_the_moment_of_arrival_loses_no_data(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        for (int round = 0; round < 1000; round++)
        {
            using CancellationTokenSource source = new();
            Task waiting = pair.Server.WaitReadableAsync(source.Token).AsTask();
            Task cancelling = Task.Run(source.Cancel);
            await pair.Client.SendAsync(new[] { (byte)round }, CancellationToken.None).Soon();
            await cancelling.Soon();
            Exception? error = await Record.ExceptionAsync(() => waiting.Soon());
            Assert.True(error is null or OperationCanceledException, $"{error}");

            Assert.Equal([(byte)round], await pair.Server.ReadSomeAsync().Soon());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_token_cancelled_before_ends_the_wait_at_once(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        CancellationToken cancelled = new(canceled: true);

        // The first event after the start may be taken for one of data, so the wait may succeed until a read has found none.
        Assert.Equal(-1, pair.Server.TryReceive(new byte[1]));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (true)
            {
                await pair.Server.WaitReadableAsync(cancelled);
                Assert.Equal(-1, pair.Server.TryReceive(new byte[1]));
            }
        }).Soon();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_close_after_an_abort_waits_for_nothing(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        pair.Server.Abort();

        Assert.True(pair.Server.CloseAsync().IsCompleted);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_cancelled_token_ends_discarding_while_there_is_more(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        await pair.Client.SendAsync(new byte[60_000], CancellationToken.None).Soon();
        await Waiting.Until(() => pair.Server.Socket.Available >= 60_000);
        await pair.Server.WaitReadableAsync(CancellationToken.None).AsTask().Soon();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pair.Server.DiscardAsync(new CancellationToken(canceled: true)).AsTask().Soon());

        Assert.True(pair.Server.Socket.Available > 0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Interrupt_wakes_a_reader_with_the_end_of_the_stream(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Task<byte[]> reading = pair.Server.ReadSomeAsync();
        Assert.False(reading.IsCompleted);

        pair.Server.Interrupt();

        Assert.Empty(await reading.Soon());
        Assert.Empty(await pair.Server.ReadSomeAsync().Soon());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_read_begun_after_Interrupt_finds_the_end(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        pair.Server.Interrupt();
        Assert.Empty(await pair.Server.ReadSomeAsync().Soon());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Interrupt_wakes_a_writer_blocked_on_a_full_buffer(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Task sending = pair.Server.SendAsync(s_tooMuch, CancellationToken.None).AsTask();
        Assert.False(sending.IsCompleted);

        pair.Server.Interrupt();

        Assert.NotNull(await Record.ExceptionAsync(() => sending.Soon()));
        Assert.True(sending.IsCompleted);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_write_begun_after_Interrupt_does_not_hang(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        pair.Server.Interrupt();

        Task sending = Task.Run(() => pair.Server.SendAsync(s_tooMuch, CancellationToken.None).AsTask());

        Assert.NotNull(await Record.ExceptionAsync(() => sending.Soon()));
        Assert.True(sending.IsCompleted);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_cancelled_send_ends(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        using CancellationTokenSource source = new();
        Task sending = pair.Server.SendAsync(s_tooMuch, source.Token).AsTask();
        Assert.False(sending.IsCompleted);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Soon());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Closing_ends_every_wait(TransportKind kind)
    {
        for (int round = 0; round < 50; round++)
        {
            using TransportPair pair = await TransportPair.CreateAsync(kind);
            Task reading = pair.Server.WaitReadableAsync(CancellationToken.None).AsTask();
            Task sending = pair.Server.SendAsync(s_tooMuch, CancellationToken.None).AsTask();

            await Task.Run(() =>
            {
                pair.Server.Dispose();
                pair.Server.Interrupt();
            }).Soon();

            await Record.ExceptionAsync(() => reading.Soon());
            Assert.True(reading.IsCompleted);
            await Record.ExceptionAsync(() => sending.Soon());
            Assert.True(sending.IsFaulted || sending.IsCanceled);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Closing_twice_and_use_after_it_do_no_harm(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        using TransportPair other = await TransportPair.CreateAsync(kind);
        pair.Dispose();
        pair.Dispose();

        await Record.ExceptionAsync(() => pair.Server.ReadSomeAsync().Soon());
        Assert.NotNull(await Record.ExceptionAsync(() => pair.Server.SendAsync(new byte[1], CancellationToken.None).Soon()));

        await other.Client.SendAsync("x"u8.ToArray(), CancellationToken.None).Soon();
        Assert.Equal("x"u8.ToArray(), await other.Server.ReadSomeAsync().Soon());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Twenty_thousand_tiny_writes_with_pauses(TransportKind kind)
    {
        const int Rounds = 20_000;
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        TaskCompletionSource[] arrived = [.. Enumerable.Range(0, Rounds).Select(
            _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];

        Task reading = Task.Run(async () =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                byte[] expected = [.. Enumerable.Repeat((byte)round, Burst(round))];
                Assert.Equal(expected, await pair.Server.ReadExactlyAsync(expected.Length));
                arrived[round].SetResult();
            }
        });
        Task writing = Task.Run(async () =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = Burst(round); i > 0; i--)
                {
                    await pair.Client.SendAsync(new[] { (byte)round }, CancellationToken.None);
                }

                await arrived[round].Task;
            }
        });

        await Task.WhenAll(reading, writing).WaitAsync(Waiting.Limit * 2);

        static int Burst(int round) => 1 + (round % 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_busy_connection_does_not_starve_another(bool portable)
    {
        (Socket flooder, Socket flooded) = await TransportPair.ConnectSocketsAsync();
        using Transport busy = TransportPair.Open(flooded, portable);
        using TransportPair quiet = await TransportPair.CreateAsync(portable ? TransportKind.Portable : TransportPair.Kinds[0]);

        // It waits before there is anything to read, so that from then on it runs where
        // the events come from; and it never gets to the end.
        Task drowning = DrainAsync(busy);
        Task flooding = Task.Run(() =>
        {
            // Blocking calls, so that it needs nothing of the engine to go on.
            while (true)
            {
                flooder.Send(new byte[10_000]);
            }
        });

        for (byte round = 0; round < 100; round++)
        {
            await quiet.Client.SendAsync(new[] { round }, CancellationToken.None).Soon();
            Assert.Equal([round], await quiet.Server.ReadSomeAsync().Soon());
        }

        busy.Interrupt();
        await drowning.Soon();
        busy.Dispose();
        await Assert.ThrowsAnyAsync<SocketException>(() => flooding.Soon());
        flooder.Dispose();

        static async Task DrainAsync(Transport transport)
        {
            while ((await transport.ReadSomeAsync(1).ConfigureAwait(false)).Length > 0)
            {
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_failed_connection_fails_every_later_read(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        pair.Client.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        pair.Client.Socket.Dispose();

        Assert.NotNull(await Record.ExceptionAsync(() => pair.Server.ReadSomeAsync().Soon()));

        // The system tells of a reset once; after that it may be an error or the end, but nothing that hangs.
        Task<byte[]> again = pair.Server.ReadSomeAsync();
        await Record.ExceptionAsync(() => again.Soon());
        Assert.True(again.IsCompleted);
    }
}
