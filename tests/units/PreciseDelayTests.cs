using System.Diagnostics;
using System.Runtime.CompilerServices;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

public class PreciseDelayTests
{
    [Fact]
    public async Task Many_delays_end_in_time_and_never_early()
    {
        long[] late = await Task.WhenAll(Enumerable.Range(1, 200).Select(async i =>
        {
            using PreciseDelay delay = new();
            long due = Stopwatch.GetTimestamp() + (i * Stopwatch.Frequency / 2000);
            await delay.UntilAsync(due);
            return Stopwatch.GetTimestamp() - due;
        })).Soon();

        // The portable timer may be a tick of the system early.
        long tick = EpollLoop.IsSupported ? 0 : Stopwatch.Frequency / 50;
        Assert.All(late, one => Assert.InRange(one, -tick, Stopwatch.Frequency * 20));
    }

    [Fact]
    public async Task A_delay_ends_early_when_it_is_woken_and_a_wake_is_never_lost()
    {
        using PreciseDelay delay = new();
        delay.Clear();
        Task waiting = delay.UntilAsync(PreciseDelay.Never).AsTask();
        Assert.False(waiting.IsCompleted);
        delay.Wake();
        await waiting.Soon();

        delay.Clear();
        delay.Wake();
        await delay.UntilAsync(PreciseDelay.Never).AsTask().Soon();
    }

    [Fact]
    public async Task An_earlier_time_overtakes_a_later_one()
    {
        using PreciseDelay far = new();
        using PreciseDelay near = new();
        Task late = far.UntilAsync(Stopwatch.GetTimestamp() + (Stopwatch.Frequency * 60)).AsTask();
        await near.UntilAsync(Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 100)).AsTask().Soon();
        Assert.False(late.IsCompleted);
        far.Wake();
        await late.Soon();
    }

    [Fact]
    public async Task A_delay_can_be_used_again_after_it_was_woken()
    {
        using PreciseDelay delay = new();
        for (int i = 0; i < 100; i++)
        {
            delay.Clear();
            ValueTask waiting = delay.UntilAsync(Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 5000));
            if (i % 3 == 0)
            {
                delay.Wake();
            }

            await waiting.AsTask().Soon();
        }
    }

    /// <summary>As a thousand connections cut into small pieces have more to do than there is time for.</summary>
    [LinuxFact]
    public async Task Delays_that_come_faster_than_they_are_served_leave_sockets_their_turns()
    {
        using CancellationTokenSource enough = new();
        Task[] busy = [.. Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            using PreciseDelay delay = new();
            while (!enough.IsCancellationRequested)
            {
                delay.Clear();
                await delay.UntilAsync(Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 50_000));
                long start = Stopwatch.GetTimestamp();
                SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start).TotalMicroseconds > 100);
            }
        }))];
        try
        {
            using TransportPair pair = await TransportPair.CreateAsync(TransportKind.Epoll);
            for (byte i = 1; i <= 3; i++)
            {
                Task<byte[]> reading = pair.Server.ReadSomeAsync();
                await pair.Client.SendAsync(new[] { i }, CancellationToken.None).Soon();
                Assert.Equal([i], await reading.Soon());
            }
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(busy).Soon();
        }
    }

    /// <summary>As a connection that has ended long before a fault would have come by the clock.</summary>
    [LinuxFact]
    public async Task A_delay_that_was_disposed_of_is_forgotten()
    {
        WeakReference delay = await WaitInVainAsync();
        await Waiting.Until(() =>
        {
            GC.Collect();
            return !delay.IsAlive;
        });
    }

    [Fact]
    public void A_heap_of_delays_gives_out_the_first_whatever_was_moved_and_taken_out()
    {
        Random random = new(1);
        PreciseDelay[] delays = [.. Enumerable.Range(0, 50).Select(_ => new PreciseDelay())];
        DelayHeap heap = new();
        Dictionary<PreciseDelay, long> there = [];
        for (int step = 0; step < 20_000; step++)
        {
            PreciseDelay one = delays[random.Next(delays.Length)];
            if (random.Next(3) == 0)
            {
                heap.Remove(one);
                there.Remove(one);
            }
            else
            {
                there[one] = random.Next(100);
                heap.Put(one, there[one]);
            }

            Assert.Equal(there.Count, heap.Count);
            Assert.Equal(there.Count == 0 ? null : there.Values.Min(), heap.First?.Ends);
        }

        foreach (PreciseDelay delay in delays)
        {
            heap.Remove(delay);
            delay.Dispose();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> WaitInVainAsync()
    {
        using PreciseDelay delay = new();
        Task waiting = delay.UntilAsync(Stopwatch.GetTimestamp() + (Stopwatch.Frequency * 3600)).AsTask();
        delay.Wake();
        await waiting.Soon();
        return new WeakReference(delay);
    }
}
