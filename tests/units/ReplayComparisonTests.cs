using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Capture.Replay;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Tests;

/// <summary>What has come of a peer against what was recorded.</summary>
public class ReplayComparisonTests
{
    [Fact]
    public void An_expression_that_takes_too_long_is_refused_before_there_is_a_connection()
    {
        Regex slow = new("(a+)+$", RegexOptions.None, TimeSpan.FromMilliseconds(50));
        NetLabException error = Assert.Throws<NetLabException>(() => Comparison($"{new string('a', 60)}b", slow));
        Assert.Equal(FaultKind.InvalidParameters, error.Kind);
        Assert.StartsWith("The expression '(a+)+$' of -Ignore took longer than 0.05 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_answer_is_looked_at_once()
    {
        const int Count = 5000;
        byte[] answer = Encoding.ASCII.GetBytes(new string('x', 200));
        ReplayComparison comparison = Comparison(new string('x', Count * answer.Length), new Regex("never"));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i <= Count; i++)
        {
            comparison.Add(answer);
            Assert.True(comparison.Reaches(i * answer.Length, isQuiet: false));
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, 100L * Count * answer.Length);
        Assert.Null(comparison.Finish());
    }

    [Fact]
    public void While_nothing_comes_nothing_is_looked_at()
    {
        ReplayComparison comparison = Comparison(new string('x', 1_000_000), new Regex("never"));
        comparison.Add(new byte[500_000]);
        Assert.False(comparison.Reaches(1_000_000, isQuiet: true));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Assert.False(comparison.Reaches(1_000_000, isQuiet: true));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void What_is_ignored_may_still_grow_after_it_was_reached()
    {
        // The second answer must not be found in what is left of the first date.
        ReplayComparison comparison = Comparison("Date: 1\nok\nDate: 2\nok\n", new Regex("Date: [^\n]*"));
        comparison.Add("Date: 1"u8);
        Assert.True(comparison.Reaches(7, isQuiet: true));
        comparison.Add("2345678\nok\n"u8);
        Assert.True(comparison.Reaches(11, isQuiet: false));
        Assert.False(comparison.Reaches(22, isQuiet: true));
        comparison.Add("Date: 99\nok\n"u8);
        Assert.True(comparison.Reaches(22, isQuiet: false));
        Assert.Null(comparison.Finish());
    }

    [Theory]
    [InlineData("(?<=id )[0-9]+", RegexOptions.None)]
    [InlineData("[0-9]+", RegexOptions.RightToLeft)]
    [InlineData("^ok [0-9]+|(?<=id )[0-9]+", RegexOptions.None)]
    public void Expressions_see_what_came_before(string pattern, RegexOptions options)
    {
        ReplayComparison comparison = Comparison("id 1\nid 2\n", new Regex(pattern, options));
        comparison.Add("id "u8);
        Assert.True(comparison.Reaches(3, isQuiet: true));
        comparison.Add("123\n"u8);
        Assert.True(comparison.Reaches(5, isQuiet: false));
        comparison.Add("id 45"u8);
        Assert.False(comparison.Reaches(10, isQuiet: true));
        comparison.Add("\n"u8);
        Assert.True(comparison.Reaches(10, isQuiet: false));
        Assert.Null(comparison.Finish());
    }

    private static ReplayComparison Comparison(string recorded, params Regex[] ignored)
        => ReplayComparison.Of(ReplayScript.Of(new Recorded().Opened().Asks("?").Answers(recorded).Events, null, ToServer), ignored);
}
