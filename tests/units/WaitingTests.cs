namespace PSNetLab.Engine.Tests;

/// <summary>What the tests themselves rely on.</summary>
public class WaitingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_test_does_not_go_on_where_what_it_waited_for_was_done(bool fails)
    {
        TaskCompletionSource done = new();
        Task<Thread> waiting = Task.Run(async () =>
        {
            await Record.ExceptionAsync(() => done.Task.Soon());
            return Thread.CurrentThread;
        });
        Thread doer = new(() =>
        {
            // Long enough to wait for it; if it is not, the test is only weaker.
            Thread.Sleep(50);
            if (fails)
            {
                done.SetException(new IOException());
            }
            else
            {
                done.SetResult();
            }
        });
        doer.Start();

        Assert.NotSame(doer, await waiting);
        doer.Join();
    }
}
