using System.Runtime.CompilerServices;

namespace PSNetLab.Engine.Tests;

public class MailboxTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1000)]
    public void Items_come_out_in_their_order(int limit)
    {
        Mailbox<string> mailbox = new(limit, WhenFull.Wait);
        Random random = new(limit);
        int added = 0;
        int taken = 0;
        while (taken < 5000)
        {
            for (int i = random.Next(limit + 1); i > 0 && mailbox.TryAdd($"{added}"); i--)
            {
                added++;
            }

            foreach (string item in Take(mailbox, random.Next(1, limit + 2)))
            {
                Assert.Equal($"{taken++}", item);
            }

            Assert.Equal(added - taken, mailbox.Count);
        }
    }

    [Fact]
    public void Wait_refuses_exactly_what_is_over_the_limit()
    {
        Mailbox<string> mailbox = new(3, WhenFull.Wait);

        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(i => mailbox.TryAdd($"{i}")));
        Assert.Equal(3, mailbox.Count);
        Assert.Equal(0, mailbox.Dropped);

        Assert.Equal(["0"], Take(mailbox, 1));
        Assert.True(mailbox.TryAdd("5"));
        Assert.False(mailbox.TryAdd("6"));
        Assert.Equal(["1", "2", "5"], Take(mailbox, 9));
    }

    [Fact]
    public void Drop_counts_exactly_what_is_over_the_limit()
    {
        Mailbox<string> mailbox = new(3, WhenFull.Drop);

        Assert.All(Enumerable.Range(0, 5), i => Assert.True(mailbox.TryAdd($"{i}")));

        Assert.Equal(2, mailbox.Dropped);
        Assert.Equal(["0", "1", "2"], Take(mailbox, 9));
        Assert.True(mailbox.TryAdd("5"));
        Assert.Equal(["5"], Take(mailbox, 9));
        Assert.Equal(2, mailbox.Dropped);
    }

    [Fact]
    public void Peek_sees_without_taking()
    {
        Mailbox<string> mailbox = new(100, WhenFull.Wait);
        Assert.Null(mailbox.PeekAt(0));
        Add(mailbox, 0, 20);
        Take(mailbox, 10);
        Add(mailbox, 20, 30);

        Assert.Equal("10", mailbox.PeekAt(0));
        Assert.Equal("29", mailbox.PeekAt(19));
        Assert.Null(mailbox.PeekAt(20));
        Assert.Null(mailbox.PeekAt(-1));
        Assert.Equal(20, mailbox.Count);
    }

    [Fact]
    public void What_is_put_back_comes_first_whatever_the_limit()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        Add(mailbox, 0, 4);
        string[] taken = Take(mailbox, 3);
        Add(mailbox, 4, 7);

        mailbox.PutBack(taken);

        Assert.Equal(7, mailbox.Count);
        Assert.False(mailbox.TryAdd("more"));
        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"{i}"), Take(mailbox, 9));
    }

    [Fact]
    public void Items_can_be_put_back_into_an_empty_mailbox()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        mailbox.PutBack(["a", "b"]);
        mailbox.PutBack([]);
        Assert.Equal(["a", "b"], Take(mailbox, 9));
    }

    [Fact]
    public async Task Putting_back_wakes_who_waits_for_data()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        mailbox.TryAdd("a");
        string[] taken = Take(mailbox, 1);
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

    [Fact]
    public async Task Who_waits_for_room_goes_on_when_half_is_free()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        Assert.True(mailbox.WaitForRoomAsync().AsTask().IsCompletedSuccessfully);
        Add(mailbox, 0, 4);
        Task[] waiting = [mailbox.WaitForRoomAsync().AsTask(), mailbox.WaitForRoomAsync().AsTask()];

        Take(mailbox, 1);
        Assert.All(waiting, one => Assert.False(one.IsCompleted));
        Assert.True(mailbox.WaitForRoomAsync().AsTask().IsCompletedSuccessfully);

        Take(mailbox, 1);
        await Task.WhenAll(waiting).Soon();
    }

    [Fact]
    public async Task With_a_limit_of_one_every_take_makes_room()
    {
        Mailbox<string> mailbox = new(1, WhenFull.Wait);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(mailbox.TryAdd("a"));
            Task waiting = mailbox.WaitForRoomAsync().AsTask();
            Assert.False(waiting.IsCompleted);
            Take(mailbox, 1);
            await waiting.Soon();
        }
    }

    [Fact]
    public async Task Complete_lets_everybody_go_on_and_keeps_what_is_there()
    {
        Mailbox<string> full = new(1, WhenFull.Wait);
        Mailbox<string> empty = new(1, WhenFull.Wait);
        full.TryAdd("a");
        Task room = full.WaitForRoomAsync().AsTask();
        Task data = empty.WaitForDataAsync(CancellationToken.None);

        full.Complete();
        empty.Complete();

        await room.Soon();
        await data.Soon();
        Assert.True(full.IsCompleted);
        Assert.True(full.WaitForRoomAsync().AsTask().IsCompletedSuccessfully);
        Assert.True(empty.WaitForDataAsync(CancellationToken.None).IsCompletedSuccessfully);
        Assert.Equal(["a"], Take(full, 9));
        Assert.Empty(Take(empty, 9));
    }

    [Theory]
    [InlineData(WhenFull.Wait)]
    [InlineData(WhenFull.Drop)]
    public void After_complete_what_is_under_way_is_kept_beyond_the_limit(WhenFull whenFull)
    {
        Mailbox<string> mailbox = new(2, whenFull);
        Add(mailbox, 0, 2);
        mailbox.Complete();

        Add(mailbox, 2, 50);

        Assert.Equal(0, mailbox.Dropped);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), Take(mailbox, 99));
    }

    [Fact]
    public async Task Clear_makes_room()
    {
        Mailbox<string> mailbox = new(4, WhenFull.Wait);
        Add(mailbox, 0, 4);
        Task room = mailbox.WaitForRoomAsync().AsTask();

        mailbox.Clear();

        await room.Soon();
        Assert.Equal(0, mailbox.Count);
        Assert.Empty(Take(mailbox, 9));
        Add(mailbox, 0, 4);
        Assert.Equal(["0", "1", "2", "3"], Take(mailbox, 9));
    }

    [Fact]
    public void What_was_taken_or_cleared_is_held_no_longer()
    {
        Mailbox<byte[]> mailbox = new(100, WhenFull.Wait);
        WeakReference[] taken = Fill(mailbox, 50);
        TakeAll(mailbox);
        WeakReference[] cleared = Fill(mailbox, 50);
        mailbox.Clear();

        GC.Collect();

        Assert.All(taken.Concat(cleared), item => Assert.False(item.IsAlive));
        GC.KeepAlive(mailbox);
    }

    internal static string[] Take(Mailbox<string> mailbox, int most)
    {
        string[] items = new string[most];
        return items[..mailbox.Take(items)];
    }

    private static void Add(Mailbox<string> mailbox, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            Assert.True(mailbox.TryAdd($"{i}"));
        }
    }

    // Apart, so that no item stays in a register of the test itself.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Fill(Mailbox<byte[]> mailbox, int count)
    {
        WeakReference[] items = new WeakReference[count];
        for (int i = 0; i < count; i++)
        {
            byte[] item = new byte[100];
            items[i] = new WeakReference(item);
            Assert.True(mailbox.TryAdd(item));
        }

        return items;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeAll(Mailbox<byte[]> mailbox)
    {
        byte[][] items = new byte[7][];
        while (mailbox.Take(items) > 0)
        {
        }
    }
}
