using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>A runspace for one script at a time, and what can be told of it after a script has had it.</summary>
internal sealed class ScriptRunspace : IDisposable
{
    private readonly TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _location;
    private readonly PSLanguageMode _languageMode;
    private bool _isAbandoned;

    /// <summary>Opens it, which takes tens of milliseconds.</summary>
    /// <param name="location">Where each script starts.</param>
    internal ScriptRunspace(string location)
    {
        LoopThread.AssertLeft("Opening a runspace");
        _location = location;
        Runspace = ModuleRunspace.Create();
        try
        {
            Runspace.StateChanged += (_, change) => OnStateChanged(change.RunspaceStateInfo.State);
            Runspace.Open();
            RunInBackground();
            Runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(location));
            _languageMode = Runspace.SessionStateProxy.LanguageMode;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal Runspace Runspace { get; }

    /// <summary>Ends when somebody closes the runspace.</summary>
    internal Task Closing => _closing.Task;

    /// <summary>Undoes what the next script must not see.</summary>
    /// <returns>False if the last script has broken the runspace.</returns>
    internal bool TryRestore()
    {
        try
        {
            SessionStateProxy session = Runspace.SessionStateProxy;
            if (Closing.IsCompleted || session.LanguageMode != _languageMode)
            {
                return false;
            }

            if (session.Path.CurrentLocation.ProviderPath != _location)
            {
                session.Path.SetLocation(WildcardPattern.Escape(_location));
            }

            return true;
        }
        catch (Exception)
        {
            return false; // closed just now, or it cannot go back to its location
        }
    }

    /// <summary>Gives it up while its script still runs, and perhaps never ends.</summary>
    internal void Abandon()
    {
        _isAbandoned = true;
        _closing.TrySetResult();

        // This waits for the script, on a thread that does not keep PowerShell alive either.
        Task.Factory.StartNew(Runspace.Dispose, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A script that closes its own runspace waits for its own end, and so would this.
        if (!_isAbandoned && Runspace.RunspaceStateInfo.State != RunspaceState.Closing)
        {
            Runspace.Dispose();
        }
    }

    private void OnStateChanged(RunspaceState state)
    {
        if (state is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken)
        {
            _closing.TrySetResult();
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
