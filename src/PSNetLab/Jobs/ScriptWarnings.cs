using System.Management.Automation;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>The errors of a job's script block, for whoever waits for the job or for an answer of it.</summary>
/// <remarks>They are errors of the job as well, but only Receive-Job shows those.</remarks>
internal sealed partial class ScriptWarnings
{
    // A script that fails on every message must not fill the screen of whoever waits next, nor an error that quotes a long one.
    private const int MostKept = 10;

    private readonly Queue<(ErrorRecord Error, string Text)> _kept = new();

    /// <summary>Keeps an error of the job if the script block made it.</summary>
    internal void Note(ErrorRecord error)
    {
        if (Words(error) is { } text)
        {
            lock (_kept)
            {
                if (_kept.Count == MostKept)
                {
                    _kept.Dequeue();
                }

                _kept.Enqueue((error, text));
            }
        }
    }

    /// <summary>Takes the errors that pass, so that each is shown once.</summary>
    internal List<string> Take(Predicate<ErrorRecord> passes)
    {
        List<string> taken = [];
        lock (_kept)
        {
            for (int left = _kept.Count; left > 0; left--)
            {
                (ErrorRecord Error, string Text) one = _kept.Dequeue();
                if (passes(one.Error))
                {
                    taken.Add(one.Text);
                }
                else
                {
                    _kept.Enqueue(one);
                }
            }
        }

        return taken;
    }

    /// <summary>What to say of an error that ended the script, or that the script wrote; null for the server's own.</summary>
    private static string? Words(ErrorRecord error) => error switch
    {
        { InvocationInfo: null, Exception: NetLabException { Kind: FaultKind.ReplyScriptFailed or FaultKind.FramingScriptFailed } fault }
            => PeerText.Visible(fault.Message),
        { InvocationInfo: { } place }
            => $"The script block wrote an error: {PeerText.Visible(ScriptRunner.Quoted(error.ToString()))}{Place(error, place)}.",
        _ => null,
    };

    /// <summary>The line of the script. Write-Error leaves it out of the invocation, but not out of the stack.</summary>
    private static string Place(ErrorRecord error, InvocationInfo place)
        => place.ScriptLineNumber > 0 ? $" (line {place.ScriptLineNumber}: {ScriptRunner.Quoted(place)})"
            : FirstLine().Match(error.ScriptStackTrace ?? string.Empty) is { Success: true } first ? $" ({first.Value})"
            : string.Empty;

    [GeneratedRegex(@"line \d+")]
    private static partial Regex FirstLine();
}
