using System.Diagnostics;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>The turns of connections on an event loop.</summary>
public class TransportTurnTests
{
    /// <summary>
    /// As a long piece of content in memory, or many small records of TLS, does not. Without turns, the bystander would always wait for
    /// all of it. It is ahead only if it has had little to do; but a turn that the system interrupted, or in which code was compiled, looks
    /// like much, and then the greedy connections of all other tests on this loop take turns with it.
    /// </summary>
    [LinuxFact]
    public Task Work_that_never_asks_for_the_time_keeps_nobody_waiting_for_more_than_a_few_turns() => Waiting.OneOf(5, async () =>
    {
        TurnGroup group = new();
        using OnLoop bystander = await OnLoop.CreateAsync(new TurnGroup());
        using OnLoop first = await OnLoop.CreateAsync(new TurnGroup(), bystander.Thread);
        OnLoop[] others = new OnLoop[20];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = await OnLoop.CreateAsync(group, bystander.Thread);
        }

        int turns = 0;
        using ManualResetEventSlim allHaveWork = new();
        Task<int> answer = bystander.OnNextAsync(() => turns);
        Task[] work =
        [
            first.OnNextAsync(() => allHaveWork.Wait(TimeSpan.FromSeconds(10))),
            .. others.Select(other => other.OnNextAsync(() =>
            {
                if (++turns == 1)
                {
                    bystander.Wake();
                }

                long start = Stopwatch.GetTimestamp();
                SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start)
                    > 4 * TimeSpan.FromSeconds((double)LoopThread.LongestTurn / Stopwatch.Frequency));
                return turns;
            })),
        ];
        first.Wake();
        Array.ForEach(others, other => other.Wake());
        allHaveWork.Set();

        Assert.InRange(await answer.Soon(), 1, 5);
        await Task.WhenAll(work).Soon();
        Array.ForEach(others, other => other.Dispose());
    });

    [LinuxTheory]
    [InlineData(TransportKind.Epoll)]
    [InlineData(TransportKind.Tls)]
    public async Task A_sender_whose_turn_is_over_lets_others_go_first(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Task<byte[]> waiting = pair.Server.ReadSomeAsync();
        await pair.Client.SendAsync(new byte[1], CancellationToken.None).Soon();
        await waiting.Soon();
        TaskCompletionSource<bool> waits = new();
        Task sending = SendLateAsync(pair.Server, waits);
        await pair.Client.SendAsync(new byte[1], CancellationToken.None).Soon();

        Assert.True(await waits.Task.Soon());
        Assert.Equal([42], await pair.Client.ReadSomeAsync().Soon());
        await sending.Soon();
    }

    [Fact]
    public async Task Tiny_records_of_Tls_are_decrypted_a_few_at_a_time()
    {
        const int Records = 3000;
        using TransportPair pair = await TransportPair.CreateAsync(TransportKind.Tls);
        for (int i = 0; i < Records; i++)
        {
            await pair.Client.SendAsync(new byte[1], CancellationToken.None).Soon();
        }

        await Waiting.Until(() => pair.Server.Socket.Available > Records * 20);
        int count = (await pair.Server.ReadSomeAsync().Soon()).Length;
        while (count < Records)
        {
            int now = (await pair.Server.ReadSomeAsync().Soon()).Length;
            Assert.InRange(now, 1, 4096 / 20);
            count += now;
        }
    }

    [Fact]
    public async Task Large_records_after_tiny_ones_are_read_as_a_whole_again()
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        using (client)
        {
            await using TlsGate gate = new(Transport.Create(server));
            await client.SendAsync(new byte[60_000]).Soon();
            await Waiting.Until(() => server.Available == 60_000);
            byte[] buffer = new byte[16 * 1024];
            Assert.Equal(buffer.Length, await gate.ReadAsync(buffer).Soon());
            gate.NoteDecrypted(1000);
            int few = await gate.ReadAsync(buffer).Soon();
            Assert.InRange(few, 1, 4096);
            gate.NoteDecrypted(few - 100);
            Assert.Equal(buffer.Length, await gate.ReadAsync(buffer).Soon());
        }
    }

    /// <summary>Works on the event loop until its turn is over, and then sends.</summary>
    private static async Task SendLateAsync(Transport transport, TaskCompletionSource<bool> waits)
    {
        await transport.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
        Assert.True(LoopThread.IsCurrent);
        while (!LoopThread.IsTurnOver)
        {
            Thread.SpinWait(100);
        }

        ValueTask sending = transport.SendAsync(new byte[] { 42 }, CancellationToken.None);
        waits.SetResult(!sending.IsCompleted);
        await sending.ConfigureAwait(false);
    }

    /// <summary>A connection whose events come on a certain loop.</summary>
    private sealed class OnLoop : IDisposable
    {
        private readonly Socket _client;
        private readonly Transport _server;

        private OnLoop(Socket client, Transport server) => (_client, _server) = (client, server);

        internal Thread Thread { get; private set; } = Thread.CurrentThread;

        internal static async Task<OnLoop> CreateAsync(TurnGroup group, Thread? thread = null)
        {
            while (true)
            {
                (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
                OnLoop made = new(client, Transport.Create(server, group));
                Task<Thread> loop = made.OnNextAsync(() => Thread.CurrentThread);
                made.Wake();
                made.Thread = await loop.Soon();
                if (thread is null || made.Thread == thread)
                {
                    return made;
                }

                made.Dispose();
            }
        }

        internal void Wake() => _client.Send(new byte[1]);

        /// <summary>Does something on the event loop when a byte has come.</summary>
        internal async Task<T> OnNextAsync<T>(Func<T> action)
        {
            do
            {
                await _server.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
            }
            while (_server.TryReceive(new byte[10]) < 0);
            return action();
        }

        public void Dispose()
        {
            _server.Dispose();
            _client.Dispose();
        }
    }
}
