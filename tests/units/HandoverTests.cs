using System.Diagnostics;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

/// <summary>A reader that has seen the effect of a send also finds its record.</summary>
public class HandoverTests
{
    [Fact]
    public void What_was_seen_is_found()
    {
        const int Rounds = 20_000;
        Handover handover = new();
        int[] done = new int[2];
        int[] told = new int[2];
        Thread[] doers = [.. Enumerable.Range(0, 2).Select(own => new Thread(() =>
        {
            for (int i = 1; i <= Rounds; i++)
            {
                int side = handover.Begin();
                Volatile.Write(ref done[own], i);
                Thread.SpinWait(i % 50);
                Volatile.Write(ref told[own], i);
                handover.End(side);
            }
        }))];
        Array.ForEach(doers, doer => doer.Start());
        for (int i = 0; i < Rounds && doers.Any(doer => doer.IsAlive); i++)
        {
            int seen = Volatile.Read(ref done[i % 2]);
            handover.Wait();
            Assert.True(Volatile.Read(ref told[i % 2]) >= seen);
        }

        Array.ForEach(doers, doer => doer.Join());
    }

    /// <summary>Whatever side a send was counted on: the side may have changed since it began.</summary>
    [Fact]
    public void A_send_that_outlasts_one_reader_is_waited_for_by_the_next()
    {
        Handover handover = new();
        handover.Begin();
        handover.Wait();

        long start = Stopwatch.GetTimestamp();
        handover.Wait();

        Assert.True(Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task However_many_follow_the_wait_ends()
    {
        // Longer than the test, which must not be late for any of the reader's steps.
        Handover handover = new((int)(Waiting.Limit * 3).TotalMilliseconds);
        int early = handover.Begin();
        Task waiting = Task.Run(handover.Wait);
        int later = await BeginOnOtherSideAsync(early);
        handover.End(early);
        int last = await BeginOnOtherSideAsync(later);
        handover.End(later);

        await waiting.Soon();

        Assert.Equal(early, last);

        // Once a reader waits, new sends are counted on the other side.
        async Task<int> BeginOnOtherSideAsync(int side)
        {
            int begun = side;
            await Waiting.Until(() =>
            {
                begun = handover.Begin();
                if (begun == side)
                {
                    handover.End(begun);
                }

                return begun != side;
            });
            return begun;
        }
    }

    [Fact]
    public async Task Nobody_waits_for_what_never_ends()
    {
        Handover handover = new();
        handover.Begin();

        await Task.Run(handover.Wait).Soon();
    }
}
