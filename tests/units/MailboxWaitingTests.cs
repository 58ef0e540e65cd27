using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

public class MailboxWaitingTests
{
    public static TheoryData<string> Producers => ["TryAdd", "AddAsync", "PutBack", "Complete"];

    [Fact]
    public async Task Putting_back_wakes_who_waits_for_data()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        mailbox.TryAdd("a");
        string[] taken = MailboxTests.Take(mailbox, 1);
        Task waiting = mailbox.WaitForDataAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);

        mailbox.PutBack(taken);

        await waiting.Soon();
    }

    [Fact]
    public async Task Who_waits_for_data_goes_on_with_the_first_item()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        Task[] waiting = [mailbox.WaitForDataAsync(CancellationToken.None), mailbox.WaitForDataAsync(CancellationToken.None)];
        Assert.All(waiting, one => Assert.False(one.IsCompleted));

        mailbox.TryAdd("a");

        await Task.WhenAll(waiting).Soon();
        Assert.True(mailbox.WaitForDataAsync(CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Waiting_for_data_can_be_given_up_without_harm_to_others()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        using CancellationTokenSource source = new();
        Task given = mailbox.WaitForDataAsync(source.Token);
        Task kept = mailbox.WaitForDataAsync(CancellationToken.None);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.Soon());
        Assert.False(kept.IsCompleted);
        mailbox.TryAdd("a");
        await kept.Soon();
    }

    [Theory]
    [MemberData(nameof(Producers))]
    public async Task What_follows_a_wait_runs_outside_the_producer_and_its_lock(string name)
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        int producer = 0;
        Task<int> taker = mailbox.WaitForDataAsync(CancellationToken.None).ContinueWith(
            _ =>
            {
                // Another thread needs the mailbox while this continuation runs.
                Task taking = Task.Run(() => MailboxTests.Take(mailbox, 9));
                Assert.True(taking.Wait(Waiting.Limit), $"{name} holds the lock while its waiter goes on.");
                return Environment.CurrentManagedThreadId;
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

        Thread thread = new(() =>
        {
            producer = Environment.CurrentManagedThreadId;
            Produce(mailbox, name);
        });
        thread.Start();

        Assert.NotEqual(producer, await taker.Soon());
        Assert.True(thread.Join(Waiting.Limit));
    }

    [Theory]
    [MemberData(nameof(Producers))]
    public void A_blocked_thread_goes_on(string name)
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        bool result = false;
        Thread taker = new(() => result = mailbox.WaitForData(-1, CancellationToken.None));
        taker.Start();
        Assert.True(SpinWait.SpinUntil(() => taker.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin), Waiting.Limit));

        Produce(mailbox, name);

        Assert.True(taker.Join(Waiting.Limit), $"{name} wakes nobody.");
        Assert.True(result);
    }

    [Fact]
    public void A_blocked_wait_ends_with_its_time_or_its_token()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        using CancellationTokenSource source = new(20);

        Assert.False(mailbox.WaitForData(20, CancellationToken.None));
        Assert.ThrowsAny<OperationCanceledException>(() => mailbox.WaitForData(-1, source.Token));

        mailbox.TryAdd("a");
        Assert.True(mailbox.WaitForData(0, CancellationToken.None));
    }

    [Fact]
    public async Task Who_waits_for_room_gets_it_in_turn_when_half_is_free()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        MailboxTests.Add(mailbox, 0, 4);
        Task[] waiting = [AddAsync(mailbox, "4"), AddAsync(mailbox, "5"), AddAsync(mailbox, "6")];

        MailboxTests.Take(mailbox, 1);
        Assert.All(waiting, one => Assert.False(one.IsCompleted));
        Assert.False(mailbox.TryAdd("who comes later"));

        MailboxTests.Take(mailbox, 1);
        await Task.WhenAll(waiting[..2]).Soon();
        Assert.False(waiting[2].IsCompleted);
        Assert.Equal(4, mailbox.Count);

        Assert.Equal(["2", "3", "4", "5"], MailboxTests.Take(mailbox, 9));
        await waiting[2].Soon();
        Assert.Equal(["6"], MailboxTests.Take(mailbox, 9));
    }

    [Fact]
    public void Who_adds_where_there_is_room_does_not_wait()
    {
        Mailbox<string> mailbox = new(2, WhenFull.Wait);
        Assert.True(AddAsync(mailbox, "a").IsCompletedSuccessfully);
        Assert.True(AddAsync(mailbox, "b").IsCompletedSuccessfully);
        Assert.False(AddAsync(mailbox, "c").IsCompleted);
    }

    [Fact]
    public void With_Drop_nobody_waits()
    {
        Mailbox<string> mailbox = new(2, WhenFull.Drop);
        Assert.All(Enumerable.Range(0, 5), i => Assert.True(AddAsync(mailbox, $"{i}").IsCompletedSuccessfully));
        Assert.Equal(3, mailbox.Dropped);
    }

    [Fact]
    public async Task With_a_limit_of_one_every_take_makes_room()
    {
        Mailbox<string> mailbox = new(1, WhenFull.Wait);
        Assert.True(mailbox.TryAdd("0"));
        for (int i = 1; i < 100; i++)
        {
            Task waiting = AddAsync(mailbox, $"{i}");
            Assert.False(waiting.IsCompleted);
            Assert.Equal([$"{i - 1}"], MailboxTests.Take(mailbox, 9));
            await waiting.Soon();
        }
    }

    [Fact]
    public async Task Items_put_back_come_before_those_that_wait_for_room()
    {
        Mailbox<string> mailbox = new(2, WhenFull.Wait);
        MailboxTests.Add(mailbox, 0, 2);
        Task waiting = AddAsync(mailbox, "2");

        string[] taken = MailboxTests.Take(mailbox, 2);
        mailbox.PutBack(taken);

        await waiting.Soon();
        Assert.Equal(["0", "1", "2"], MailboxTests.Take(mailbox, 9));
    }

    [Fact]
    public async Task Complete_lets_everybody_go_on_and_keeps_what_is_there()
    {
        Mailbox<string> full = new(1, WhenFull.Wait);
        Mailbox<string> empty = new(1, WhenFull.Wait);
        full.TryAdd("a");
        Task[] waiting = [AddAsync(full, "b"), AddAsync(full, "c")];
        Task data = empty.WaitForDataAsync(CancellationToken.None);

        full.Complete();
        empty.Complete();

        await Task.WhenAll(waiting).Soon();
        await data.Soon();
        Assert.True(full.IsCompleted);
        Assert.True(AddAsync(full, "d").IsCompletedSuccessfully);
        Assert.True(empty.WaitForDataAsync(CancellationToken.None).IsCompletedSuccessfully);
        Assert.Equal(["a", "b", "c", "d"], MailboxTests.Take(full, 9));
        Assert.Empty(MailboxTests.Take(empty, 9));
    }

    [Fact]
    public async Task Who_withdraws_is_forgotten_and_the_others_keep_their_order()
    {
        Mailbox<string> mailbox = new(1, WhenFull.Wait);
        using CancellationTokenSource withdraw = new();
        mailbox.TryAdd("a");
        Task first = AddAsync(mailbox, "b");
        Task second = mailbox.AddAsync("c", withdraw.Token).AsTask();
        Task third = AddAsync(mailbox, "d");

        withdraw.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Soon());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => mailbox.AddAsync("e", withdraw.Token).Soon());
        Assert.False(first.IsCompleted);
        Assert.Equal(["a", "b", "d"], (await mailbox.TakeAsync(3)));
        await Task.WhenAll(first, third).Soon();
        Assert.Equal(0, mailbox.Count);
    }

    [Fact]
    public async Task Who_was_let_in_can_no_longer_withdraw()
    {
        Mailbox<string> mailbox = new(1, WhenFull.Wait);
        using CancellationTokenSource withdraw = new();
        mailbox.TryAdd("a");
        Task waiting = mailbox.AddAsync("b", withdraw.Token).AsTask();
        Assert.Equal(["a"], MailboxTests.Take(mailbox, 1));
        await waiting.Soon();

        withdraw.Cancel();

        Assert.Equal(["b"], MailboxTests.Take(mailbox, 9));
    }

    [Fact]
    public async Task Clear_makes_room()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        MailboxTests.Add(mailbox, 0, 4);
        Task waiting = AddAsync(mailbox, "held back");

        mailbox.Clear();

        await waiting.Soon();
        Assert.Equal(["held back"], MailboxTests.Take(mailbox, 9));
        Assert.Equal(0, mailbox.Count);
        MailboxTests.Add(mailbox, 0, 4);
        Assert.Equal(["0", "1", "2", "3"], MailboxTests.Take(mailbox, 9));
    }

    private static Task AddAsync(Mailbox<string> mailbox, string item) => mailbox.AddAsync(item).AsTask();

    private static void Produce(Mailbox<string> mailbox, string name)
    {
        switch (name)
        {
            case "TryAdd":
                mailbox.TryAdd("a");
                break;
            case "AddAsync":
                _ = mailbox.AddAsync("a").AsTask();
                break;
            case "PutBack":
                mailbox.PutBack(["a"]);
                break;
            default:
                mailbox.Complete();
                break;
        }
    }
}
