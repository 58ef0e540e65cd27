using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

public class MemoryBudgetTests
{
    private readonly MemoryBudget _budget = new(1000);
    private readonly List<string> _ended = [];

    [Fact]
    public void Within_the_budget_nobody_has_to_end()
    {
        HeldMemory one = NewHolder("one");
        HeldMemory other = NewHolder("other");

        for (int i = 0; i < 10; i++)
        {
            one.Change(600);
            one.Change(-600);
            other.Change(1000);
            other.Change(-1000);
        }

        Assert.Empty(_ended);
        Assert.Equal(0, _budget.Held);
    }

    [Fact]
    public void Whoever_holds_the_most_has_to_end_and_is_counted_no_more()
    {
        HeldMemory small = NewHolder("small");
        HeldMemory large = NewHolder("large");
        small.Change(100);
        large.Change(800);

        small.Change(200);

        Assert.Equal(["large"], _ended);
        Assert.Equal(300, _budget.Held);
        large.Change(50);
        large.Change(-850);
        Assert.Equal(300, _budget.Held);
        small.Change(-300);
        Assert.Equal(0, _budget.Held);
    }

    [Fact]
    public void As_many_as_needed_have_to_end()
    {
        HeldMemory[] holders = [NewHolder("a"), NewHolder("b"), NewHolder("c")];
        holders[0].Change(300);
        holders[1].Change(310);
        holders[2].Change(320);

        NewHolder("huge").Change(2000);
        holders[0].Change(500);

        Assert.Equal(["huge", "a"], _ended);
        Assert.Equal(630, _budget.Held);
    }

    private HeldMemory NewHolder(string name) => new(_budget) { Ending = () => _ended.Add(name) };
}
