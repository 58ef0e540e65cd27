using System.Diagnostics;
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
        Assert.All(late, one => Assert.InRange(one, -tick, Stopwatch.Frequency * 5));
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
}
