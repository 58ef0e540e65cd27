using System.Collections.Concurrent;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

/// <summary>Many producers and consumers at once: nothing is lost, doubled or, per producer, out of order.</summary>
public class MailboxStressTests
{
    private const int ItemsEach = 20_000;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 1)]
    [InlineData(8, 7)]
    [InlineData(8, 1000)]
    public async Task Many_producers_and_one_consumer(int producers, int limit)
    {
        Mailbox<Item> mailbox = new(limit, WhenFull.Wait);
        Task producing = ProduceAsync(mailbox, producers);

        List<Item> all = await Task.Run(() => ConsumeAsync(mailbox)).Soon();

        await producing.Soon();
        AssertComplete(all, producers);
        AssertOrdered(all);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task Many_producers_and_many_consumers(int limit)
    {
        const int Producers = 6;
        Mailbox<Item> mailbox = new(limit, WhenFull.Wait);
        Task<List<Item>>[] consuming = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => ConsumeAsync(mailbox)))];

        await ProduceAsync(mailbox, Producers).Soon();

        List<Item>[] each = await Task.WhenAll(consuming).Soon();
        AssertComplete(each.SelectMany(items => items), Producers);
        Assert.All(each, AssertOrdered);
    }

    [Fact]
    public async Task Items_put_back_are_not_lost()
    {
        Mailbox<Item> mailbox = new(50, WhenFull.Wait);
        Task<List<Item>>[] consuming = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => ConsumeAsync(mailbox, putBackEvery: 3)))];

        await ProduceAsync(mailbox, producers: 3).Soon();

        AssertComplete((await Task.WhenAll(consuming).Soon()).SelectMany(items => items), 3);
    }

    [Fact]
    public async Task With_Drop_what_was_kept_and_what_was_counted_is_everything()
    {
        const int Producers = 6;
        Mailbox<Item> mailbox = new(10, WhenFull.Drop);
        Task<List<Item>> consuming = Task.Run(() => ConsumeAsync(mailbox));

        await ProduceAsync(mailbox, Producers).Soon();

        List<Item> kept = await consuming.Soon();
        Assert.Equal(Producers * ItemsEach, kept.Count + mailbox.Dropped);
        Assert.Equal(kept.Count, kept.Distinct().Count());
        AssertOrdered(kept);
    }

    private static async Task ProduceAsync(Mailbox<Item> mailbox, int producers)
    {
        await Task.WhenAll(Enumerable.Range(0, producers).Select(producer => Task.Run(async () =>
        {
            for (int number = 0; number < ItemsEach; number++)
            {
                await mailbox.AddAsync(new(producer, number));
            }
        })));
        mailbox.Complete();
    }

    private static async Task<List<Item>> ConsumeAsync(Mailbox<Item> mailbox, int putBackEvery = 0)
    {
        List<Item> all = [];
        Item[] items = new Item[16];
        for (int turn = 1; ; turn++)
        {
            await mailbox.WaitForDataAsync(CancellationToken.None).Soon();
            bool wasLast = mailbox.IsCompleted;
            int taken = mailbox.Take(items);
            if (putBackEvery > 0 && turn % putBackEvery == 0)
            {
                mailbox.PutBack(items.AsSpan(0, taken));
                continue;
            }

            all.AddRange(items.AsSpan(0, taken));
            if (taken == 0 && wasLast)
            {
                return all;
            }
        }
    }

    private static void AssertComplete(IEnumerable<Item> all, int producers)
    {
        ConcurrentDictionary<Item, int> seen = new();
        foreach (Item item in all)
        {
            Assert.Equal(1, seen.AddOrUpdate(item, 1, (_, count) => count + 1));
        }

        Assert.Equal(producers * ItemsEach, seen.Count);
    }

    private static void AssertOrdered(List<Item> items)
    {
        foreach (var ofOne in items.GroupBy(item => item.Producer))
        {
            int last = -1;
            foreach (Item item in ofOne)
            {
                Assert.True(item.Number > last, $"{item} came after {last}");
                last = item.Number;
            }
        }
    }

    private sealed record Item(int Producer, int Number);
}
