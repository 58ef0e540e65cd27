using System.Text.RegularExpressions;
using PSNetLab.Engine.Dialogue;

namespace PSNetLab.Engine.Tests;

/// <summary>What a dialogue keeps of the messages it has answered: there may be many peers who never send another.</summary>
public class DialogueMemoryTests
{
    [Theory]
    [InlineData("more")]
    [InlineData("!stall")]
    [InlineData("!close")]
    public void Who_has_been_answered_holds_nothing_of_the_message(string next)
    {
        Captures captures = new();
        ExpectStep expect = new([new DialogueBranch(captures, [new SayStep([], "got $0")])]);
        Talk talk = new(expect, next);
        Assert.StartsWith("got all of it", talk.Send("all of it"), StringComparison.Ordinal);

        GC.Collect();
        Assert.False(captures.Last!.IsAlive);
        GC.KeepAlive(talk);
    }

    /// <summary>Knows whether somebody keeps what it found.</summary>
    private sealed class Captures() : DialoguePattern("anything")
    {
        internal WeakReference? Last { get; private set; }

        internal override bool IsMatch(ReadOnlySpan<byte> data, ReadOnlySpan<char> text, out Match? match)
        {
            match = Regex.Match(text.ToString(), ".*");
            Last = new WeakReference(match);
            return true;
        }
    }
}
