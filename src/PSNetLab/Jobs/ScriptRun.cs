using PSNetLab.Conversion;

namespace PSNetLab.Jobs;

/// <summary>A script that runs once, for a message or the like, and what comes of it.</summary>
/// <param name="runner">What runs it.</param>
/// <param name="script">The script.</param>
/// <param name="input">What it gets as $_.</param>
/// <param name="job">The job whose streams get everything but the output; null if nobody does.</param>
/// <param name="output">Gets the output.</param>
/// <param name="limit">How long it may run.</param>
/// <param name="variables">What it gets besides.</param>
/// <param name="left">Cancelled when nobody needs it any more.</param>
internal sealed class ScriptRun(
    ScriptRunner runner, JobScript script, object input, NetJob? job, IScriptOutput output, TimeSpan limit, ScriptVariable[] variables,
    CancellationToken left)
{
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ScriptTurn? _turn;
    private CancellationTokenRegistration _watch;

    internal JobScript Script => script;

    internal object Input => input;

    internal NetJob? Job => job;

    internal IScriptOutput Output => output;

    internal TimeSpan Limit => limit;

    internal ScriptVariable[] Variables => variables;

    internal CancellationToken Left => left;

    /// <summary>Its right to run.</summary>
    internal ScriptTurn Turn => _turn ??= new ScriptTurn(runner, this);

    /// <summary>Whether a pipeline has taken it.</summary>
    internal bool HasBegun { get; set; }

    /// <summary>When a runspace got it, as <see cref="Environment.TickCount64"/>; 0 before.</summary>
    internal long Began { get; set; }

    /// <summary>The time by which it has to end, as <see cref="Environment.TickCount64"/>.</summary>
    internal long Deadline { get; set; }

    /// <summary>Whether it ran to its end; false if nobody needs its output any more.</summary>
    internal Task<bool> Ended => _ended.Task;

    /// <summary>Whether nobody waits for it any more, whatever the script still does.</summary>
    internal bool IsOver => _ended.Task.IsCompleted;

    /// <summary>Calls back when the token is cancelled, until another is watched or the run is over.</summary>
    internal void Watch(Action<object?> onCancelled, CancellationToken token)
    {
        _watch.Unregister();
        _watch = token.UnsafeRegister(onCancelled, this);
    }

    /// <summary>Ends it, unless it is over.</summary>
    /// <param name="hasEnded">Whether the script ran to its end.</param>
    /// <param name="fault">The failure, if it failed.</param>
    internal void End(bool hasEnded, Exception? fault = null)
    {
        _watch.Unregister();
        if (fault is null)
        {
            _ended.TrySetResult(hasEnded);
        }
        else
        {
            _ended.TrySetException(fault);
        }
    }

    /// <summary>Ends it before it has begun, because whoever waits for it has gone.</summary>
    internal void Cancel(CancellationToken cancellationToken) => _ended.TrySetCanceled(cancellationToken);
}
