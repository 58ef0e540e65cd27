using Microsoft.Extensions.Time.Testing;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tests;

public sealed class LateCheckTests
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void The_first_check_after_a_stand_still_is_left_out_and_the_next_is_not()
    {
        LateCheck late = new(_clock, s_period);

        Assert.Equal([false, true, false, false, true], new[] { 1.0, 60, 1, 2, 3 }.Select(periods => IsLateAfter(late, periods)));
    }

    [Fact]
    public void So_are_those_that_the_timer_makes_up_for_at_once()
    {
        LateCheck late = new(_clock, s_period);

        Assert.Equal([true, true, true, false], new[] { 60, 0.02, 0.02, 0.96 }.Select(periods => IsLateAfter(late, periods)));
    }

    [Fact]
    public void Not_all_are_left_out_on_a_machine_that_is_always_late()
    {
        LateCheck late = new(_clock, s_period);

        Assert.Equal([true, false, true, false], Enumerable.Repeat(3, 4).Select(periods => IsLateAfter(late, periods)));
    }

    private bool IsLateAfter(LateCheck late, double periods)
    {
        _clock.Advance(periods * s_period);
        return late.IsLate();
    }
}
