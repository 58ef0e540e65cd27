using PSNetLab.Engine.Checks;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

public sealed class CheckRunTests
{
    [Fact]
    public async Task All_checks_run_and_their_rows_come_out()
    {
        CheckRun run = new(8, CancellationToken.None);
        await run.AddAsync(Enumerable.Range(0, 1000).Select(n => new Check(_ => default, n)));
        await run.AddAsync(Enumerable.Range(1000, 1000).Select(n => new Check(async token => await Task.Delay(1, token), n)));
        run.Complete();

        await run.Ended.Soon();

        Assert.Equal(Enumerable.Range(0, 2000), Rows(run).Cast<int>().Order());
        Assert.Equal(2000, run.Done);
    }

    [Fact]
    public async Task No_more_than_the_limit_run_at_a_time()
    {
        int underWay = 0;
        int most = 0;
        TaskCompletionSource areThree = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CheckRun run = new(3, CancellationToken.None);
        await run.AddAsync(Enumerable.Range(0, 50).Select(n => new Check(
            async token =>
            {
                int now = Interlocked.Increment(ref underWay);
                InterlockedMax(ref most, now);
                if (now == 3)
                {
                    areThree.TrySetResult();
                }

                await areThree.Task;
                await Task.Delay(2, token);
                Interlocked.Decrement(ref underWay);
            },
            n)));
        run.Complete();

        await run.Ended.Soon();

        Assert.Equal(3, most);
    }

    [Fact]
    public async Task Checks_are_made_only_when_they_are_needed()
    {
        int made = 0;
        TaskCompletionSource release = new();
        CheckRun run = new(2, CancellationToken.None);
        await run.AddAsync(Enumerable.Range(0, 1000).Select(n =>
        {
            Interlocked.Increment(ref made);
            return new Check(_ => new ValueTask(release.Task), n);
        }));

        await Waiting.Until(() => Volatile.Read(ref made) >= 2);
        Assert.InRange(Volatile.Read(ref made), 2, 3);
        release.SetResult();
        run.Complete();
        await run.Ended.Soon();
        Assert.Equal(1000, made);
    }

    [Fact]
    public async Task Checks_wait_while_nobody_takes_their_rows()
    {
        CheckRun run = new(4, CancellationToken.None);
        await run.AddAsync(Enumerable.Range(0, 20_000).Select(n => new Check(_ => default, n)));
        run.Complete();

        await Waiting.Until(() => run.Done >= 4096);
        Assert.InRange(run.Done, 4096, 4096 + 4);
        int taken = 0;
        while (!run.Rows.IsDrained)
        {
            Assert.True(run.Rows.WaitForData(10_000, CancellationToken.None));
            taken += run.Rows.TryTake() is null ? 0 : 1;
        }

        Assert.Equal(20_000, taken);
    }

    [Fact]
    public async Task Many_sources_wait_for_room()
    {
        TaskCompletionSource release = new();
        CheckRun run = new(1, CancellationToken.None);
        List<Task> added = [];
        for (int i = 0; i < 200; i++)
        {
            added.Add(run.AddAsync([new Check(_ => new ValueTask(release.Task), i)]));
        }

        Assert.Contains(added, task => !task.IsCompleted);
        release.SetResult();
        await Task.WhenAll(added).Soon();
        run.Complete();
        await run.Ended.Soon();
        Assert.Equal(200, run.Done);
    }

    [Fact]
    public async Task A_cancellation_ends_them_all()
    {
        using CancellationTokenSource stop = new();
        CheckRun run = new(8, stop.Token);
        await run.AddAsync(
            Enumerable.Range(0, 1000).Select(n => new Check(token => new ValueTask(Task.Delay(Timeout.Infinite, token)), n)));

        await stop.CancelAsync();
        run.Complete();

        await run.Ended.Soon();
        Assert.True(run.Rows.IsDrained);
    }

    [Fact]
    public async Task A_failure_of_a_check_is_a_failure_of_the_run()
    {
        CheckRun run = new(2, CancellationToken.None);
        await run.AddAsync([new Check(_ => throw new InvalidOperationException("x"), 0)]);
        run.Complete();

        await Assert.ThrowsAsync<InvalidOperationException>(() => run.Ended.Soon());
        Assert.True(run.Rows.IsDrained);
    }

    [Fact]
    public async Task Checks_that_come_after_a_failure_are_told_of_it()
    {
        CheckRun run = new(2, CancellationToken.None);
        await run.AddAsync([new Check(_ => throw new InvalidOperationException("x"), 0)]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => run.Ended.Soon());

        for (int i = 0; i < 200; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => run.AddAsync([new Check(_ => default, i)]).Soon());
        }
    }

    [Fact]
    public async Task Whoever_sees_the_end_of_the_rows_finds_the_failure()
    {
        for (int i = 0; i < 500; i++)
        {
            CheckRun run = new(2, CancellationToken.None);
            await run.AddAsync([new Check(_ => throw new InvalidOperationException("x"), 0)]);
            run.Complete();
            SpinWait.SpinUntil(() => run.Rows.IsDrained);

            Assert.True(run.Ended.IsFaulted);
        }
    }

    private static IEnumerable<object> Rows(CheckRun run)
    {
        while (run.Rows.TryTake() is { } row)
        {
            yield return row;
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (value > seen && Interlocked.CompareExchange(ref most, value, seen) is var other && other != seen)
        {
            seen = other;
        }
    }

    private sealed class Check(Func<CancellationToken, ValueTask> work, int number) : ICheck
    {
        public async ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
        {
            await work(cancellationToken);
            await rows.AddAsync(number, cancellationToken);
        }
    }
}
