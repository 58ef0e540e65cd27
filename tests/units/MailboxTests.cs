using System.Runtime.CompilerServices;
using PSNetLab.Engine.Messages;

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

    /// <summary>Those that are added late come in their place among those that still wait; others keep theirs.</summary>
    [Theory]
    [InlineData("1 2 3", "1 2 3")]
    [InlineData("2 1", "1 2")]
    [InlineData("2 3 4 1", "1 2 3 4")]
    [InlineData("3 3a 1 2", "1 2 3 3a")]
    [InlineData("2 5 7 4 6 3", "2 3 4 5 6 7")]
    [InlineData("2 0 1", "0 1 2")]
    [InlineData("2 x 1", "2 x 1")]
    public void Items_that_are_added_late_come_in_their_order(string added, string taken)
    {
        // Wherever in the ring they are.
        for (int before = 0; before < 20; before++)
        {
            Mailbox<object> mailbox = new(100, WhenFull.Wait);
            for (int i = 0; i < before; i++)
            {
                mailbox.TryAdd("before");
                mailbox.TryTake();
            }

            foreach (string item in added.Split(' '))
            {
                Assert.True(mailbox.TryAdd(item == "x" ? item : new Numbered(item)));
            }

            object[] items = new object[10];
            Assert.Equal(taken, string.Join(' ', items[..mailbox.Take(items)]));
            Assert.Equal(0, mailbox.Count);
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

    [Theory]
    [InlineData(WhenFull.Wait)]
    [InlineData(WhenFull.Drop)]
    public void After_complete_what_is_under_way_is_kept_as_long_as_there_is_room(WhenFull whenFull)
    {
        Mailbox<string> mailbox = new(3, whenFull);
        Add(mailbox, 0, 2);
        mailbox.Complete();

        Add(mailbox, 2, 50);

        Assert.Equal(47, mailbox.Dropped);
        Assert.Equal(["0", "1", "2"], Take(mailbox, 99));
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

    internal static void Add(Mailbox<string> mailbox, int from, int to)
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

    private sealed class Numbered(string name) : ISequenced
    {
        public long Order => name[0] - '0';

        public override string ToString() => name;
    }
}
