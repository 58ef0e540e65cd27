using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public sealed class ResolverThreadsTests
{
    private const int Most = 32;

    // Not those that other tests need: a time limit of theirs would run out in the queue.
    private readonly ResolverThreads _threads = new(Most);

    [Fact]
    public async Task Work_that_blocks_does_not_hold_up_other_work()
    {
        using Barrier all = new(Most / 2);
        Task<bool>[] works = [.. Enumerable.Range(0, all.ParticipantCount).Select(
            _ => _threads.Run(() => all.SignalAndWait(Waiting.Limit), CancellationToken.None))];

        Assert.All(await Task.WhenAll(works).Soon(), Assert.True);
    }

    [Fact]
    public async Task A_failure_reaches_whoever_waits()
        => await Assert.ThrowsAsync<InvalidOperationException>(
            () => _threads.Run<int>(() => throw new InvalidOperationException(), CancellationToken.None).Soon());

    [Fact]
    public async Task A_cancellation_ends_the_waiting_and_work_whose_turn_has_not_come()
    {
        using CancellationTokenSource stop = new();
        using ManualResetEventSlim release = new();
        Task<bool>[] blocking = [.. Enumerable.Range(0, Most).Select(
            _ => _threads.Run(() => release.Wait(Waiting.Limit), CancellationToken.None))];
        bool ran = false;
        Task<bool> cancelled = _threads.Run(() => ran = true, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon());
        release.Set();
        await Task.WhenAll(blocking).Soon();
        await _threads.Run(() => true, CancellationToken.None).Soon();
        Assert.False(ran);
    }
}
