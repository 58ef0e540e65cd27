using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

/// <summary>The limit in bytes, beside the one in items.</summary>
public class MailboxBytesTests
{
    private const int Item = 1_000_000;

    [Fact]
    public void Bytes_fill_a_mailbox_too()
    {
        Mailbox<Weight> mailbox = new(1_000_000, WhenFull.Wait);
        int added = Fill(mailbox, Item);

        Assert.InRange((long)added * Item, Mailbox<Weight>.MostBytes - Item, Mailbox<Weight>.MostBytes + Item);
        Assert.Equal(added, mailbox.Count);
    }

    [Fact]
    public void Drop_counts_what_is_over_the_bytes()
    {
        Mailbox<Weight> mailbox = new(1_000_000, WhenFull.Drop);
        for (int i = 0; i < 200; i++)
        {
            Assert.True(mailbox.TryAdd(new(Item)));
        }

        Assert.InRange(mailbox.Count, 1, 100);
        Assert.Equal(200, mailbox.Count + mailbox.Dropped);
    }

    [Fact]
    public void One_item_fits_however_long_it_is()
    {
        Mailbox<Weight> mailbox = new(1000, WhenFull.Wait);
        Assert.True(mailbox.TryAdd(new(int.MaxValue)));
        Assert.False(mailbox.TryAdd(new(1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Item)]
    [InlineData(int.MaxValue)]
    public async Task Who_finds_no_room_for_bytes_waits_for_half_of_it(int length)
    {
        Mailbox<Weight> mailbox = new(1_000_000, WhenFull.Wait);
        int added = Fill(mailbox, Item);
        Task waiting = mailbox.AddAsync(new(length)).AsTask();

        Weight[] taken = new Weight[1];
        while (!waiting.IsCompleted && mailbox.Take(taken) > 0)
        {
            added--;
        }

        await waiting.Soon();
        Assert.InRange((long)added * Item, (Mailbox<Weight>.MostBytes / 2) - Item, Mailbox<Weight>.MostBytes / 2);
        Assert.Equal(added + 1, mailbox.Count);
    }

    [Fact]
    public void Items_put_back_weigh_again_and_cleared_ones_no_more()
    {
        Mailbox<Weight> mailbox = new(1_000_000, WhenFull.Wait);
        int added = Fill(mailbox, Item);
        Weight[] taken = new Weight[added];
        Assert.Equal(added, mailbox.Take(taken));

        mailbox.PutBack(taken);
        Assert.False(mailbox.TryAdd(new(Item)));

        mailbox.Clear();
        Assert.Equal(added, Fill(mailbox, Item));
    }

    [Fact]
    public async Task Long_and_short_items_of_many_producers_all_come_through()
    {
        const int Producers = 4;
        const int ItemsEach = 2000;
        Mailbox<Weight> mailbox = new(1_000_000, WhenFull.Wait);
        Task producing = Task.WhenAll(Enumerable.Range(0, Producers).Select(seed => Task.Run(async () =>
        {
            Random random = new(seed);
            for (int i = 0; i < ItemsEach; i++)
            {
                await mailbox.AddAsync(new(random.Next(0, 5_000_000)));
            }
        })));

        int all = 0;
        Weight[] taken = new Weight[10];
        while (all < Producers * ItemsEach)
        {
            await mailbox.WaitForDataAsync(CancellationToken.None).Soon();
            all += mailbox.Take(taken);
        }

        await producing.Soon();
        Assert.Equal(0, mailbox.Count);
    }

    private static int Fill(Mailbox<Weight> mailbox, int length)
    {
        int added = 0;
        while (mailbox.TryAdd(new(length)))
        {
            added++;
        }

        return added;
    }

    /// <summary>Says it has bytes, and has none.</summary>
    private sealed class Weight(int length) : IWeighted
    {
        public int Length => length;
    }
}
