using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>A runspace for one script at a time, and what can be told of it after a script has had it.</summary>
internal sealed partial class ScriptRunspace : IDisposable
{
    private readonly TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ScriptRunner _runner;
    private readonly string _location;
    private readonly string _startingPath;
    private readonly PSLanguageMode _languageMode;

    /// <summary>Opens it, which takes tens of milliseconds.</summary>
    /// <param name="runner">What it gets its scripts from.</param>
    /// <param name="location">Where each script starts.</param>
    internal ScriptRunspace(ScriptRunner runner, string location)
    {
        LoopThread.AssertLeft("Opening a runspace");
        _runner = runner;
        _location = location;
        _deadlines = new Timer(static self => ((ScriptRunspace)self!).OnDeadline(), this, Timeout.Infinite, Timeout.Infinite);
        AsTask = Task.FromResult(this);
        Runspace = ModuleRunspace.Create();
        try
        {
            Runspace.StateChanged += (_, change) => OnStateChanged(change.RunspaceStateInfo.State);
            Runspace.Open();
            RunInBackground();
            PathIntrinsics path = Runspace.SessionStateProxy.Path;
            _startingPath = path.SetLocation(WildcardPattern.Escape(location)).Path;
            _languageMode = Runspace.SessionStateProxy.LanguageMode;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal Runspace Runspace { get; }

    /// <summary>Itself, as what was awaited.</summary>
    internal Task<ScriptRunspace> AsTask { get; }

    /// <summary>Ends when somebody closes the runspace.</summary>
    internal Task Closing => _closing.Task;

    /// <summary>Undoes what the next script must not see. Not while a pipeline runs.</summary>
    /// <returns>False if the last script has broken the runspace.</returns>
    internal bool TryRestore()
    {
        try
        {
            SessionStateProxy session = Runspace.SessionStateProxy;
            return TryRestore(session.LanguageMode, session.Path);
        }
        catch (Exception)
        {
            return false; // closed just now
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TakeNoMore();
        _deadlines.Dispose();

        // A script that closes its own runspace waits for its own end, and so would this.
        if (!_isLost && Runspace.RunspaceStateInfo.State != RunspaceState.Closing)
        {
            Runspace.Dispose();
        }
    }

    private bool TryRestore(PSLanguageMode languageMode, PathIntrinsics path)
    {
        try
        {
            if (_isBroken || Closing.IsCompleted || languageMode != _languageMode)
            {
                return false;
            }

            // Not its ProviderPath, for which PowerShell reads what is mounted.
            if (path.CurrentLocation.Path != _startingPath)
            {
                path.SetLocation(WildcardPattern.Escape(_location));
            }

            return true;
        }
        catch (Exception)
        {
            return false; // It cannot go back to its location.
        }
    }

    private void OnStateChanged(RunspaceState state)
    {
        if (state is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken)
        {
            _closing.TrySetResult();
            Lose(new InvalidRunspaceStateException("It closed its own runspace"));
        }
    }

    /// <summary>A script that waits for the end of its own runspace hangs for good. Its thread must not keep PowerShell alive.</summary>
    private void RunInBackground()
    {
        using PowerShell shell = PowerShell.Create();
        shell.Runspace = Runspace;
        shell.AddScript("[Threading.Thread]::CurrentThread.IsBackground = $true").Invoke();
    }
}
