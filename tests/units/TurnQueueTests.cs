using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

public class TurnQueueTests
{
    [Fact]
    public void Members_of_a_group_get_their_turns_in_the_order_in_which_they_came()
    {
        TurnQueue<int> queue = new();
        Queue<int> group = new();
        for (int member = 0; member < 5; member++)
        {
            queue.Add(group, member);
        }

        Assert.Equal([0, 1, 2, 3, 4], TakeAll(queue));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(1000)]
    public void A_group_waits_for_one_turn_of_each_other_group(int members)
    {
        TurnQueue<string> queue = new();
        Queue<string> busy = new();
        Queue<string> alsoBusy = new();
        for (int i = 0; i < members; i++)
        {
            queue.Add(busy, "busy");
            queue.Add(alsoBusy, "also busy");
        }

        queue.Take();
        queue.Add(new Queue<string>(), "modest");

        Assert.True(TakeAll(queue).IndexOf("modest") <= 2);
    }

    [Fact]
    public void Groups_that_are_added_to_all_the_time_get_as_many_turns_each()
    {
        TurnQueue<int> queue = new();
        Queue<int>[] groups = [new(), new(), new()];
        int[] turns = new int[groups.Length];
        for (int i = 0; i < groups.Length; i++)
        {
            for (int member = 0; member <= i * 10; member++)
            {
                queue.Add(groups[i], i);
            }
        }

        for (int i = 0; i < 300; i++)
        {
            int group = queue.Take();
            turns[group]++;
            queue.Add(groups[group], group);
        }

        Assert.Equal([100, 100, 100], turns);
    }

    [Fact]
    public void It_counts_those_that_wait()
    {
        TurnQueue<int> queue = new();
        queue.Add(new Queue<int>(), 1);
        queue.Add(new Queue<int>(), 2);
        Assert.Equal(2, queue.Count);

        TakeAll(queue);

        Assert.Equal(0, queue.Count);
    }

    private static List<T> TakeAll<T>(TurnQueue<T> queue)
    {
        List<T> taken = [];
        while (queue.Count > 0)
        {
            taken.Add(queue.Take());
        }

        return taken;
    }
}
