using System.Diagnostics.CodeAnalysis;

namespace PSNetLab.Jobs;

/// <summary>The runspaces of one script block. Each is opened before it is needed, and replaced when the script has broken it.</summary>
/// <param name="runner">What they get their scripts from.</param>
/// <param name="location">Where each script starts.</param>
/// <param name="most">How many are kept. More can be taken at once.</param>
internal sealed class ScriptRunspaces(ScriptRunner runner, string location, int most) : IDisposable
{
    // Its top is the one used last: a script that runs alone always gets the same, and with it its state.
    private readonly Stack<Task<ScriptRunspace>> _idle = new();
    private int _count;
    private bool _isDisposed;

    /// <summary>Whether there are more than are kept, not counting those whose scripts wait for a client.</summary>
    internal bool AreTooMany => Volatile.Read(ref _count) > most + runner.Aside;

    /// <summary>Begins to open one, unless one is idle or there are as many as can be taken.</summary>
    internal void Prepare()
    {
        lock (_idle)
        {
            if (!_isDisposed && _idle.Count == 0 && _count < most)
            {
                _idle.Push(OpenAsync());
            }
        }
    }

    /// <summary>An open runspace, which is to be put back.</summary>
    internal async Task<ScriptRunspace> TakeAsync()
    {
        ScriptRunspace? taken = null;
        while (taken is null && TryPop(out Task<ScriptRunspace>? idle))
        {
            try
            {
                taken = await idle.ConfigureAwait(false);
                if (taken.Closing.IsCompleted)
                {
                    Discard(taken);
                    taken = null;
                }
            }
            catch (Exception)
            {
                // It could not be opened ahead. Perhaps it can be now, and if not, whoever asks is told.
            }
        }

        taken ??= await OpenAsync().ConfigureAwait(false);
        Prepare();
        return taken;
    }

    /// <summary>Gives back one that was taken.</summary>
    internal void PutBack(ScriptRunspace runspace)
    {
        if (!runspace.TryRestore() || !TryKeep(runspace))
        {
            Discard(runspace);
            Prepare();
        }
    }

    /// <summary>Keeps one that was taken and is as it was; false if there are too many.</summary>
    internal bool TryKeep(ScriptRunspace runspace)
    {
        lock (_idle)
        {
            bool isKept = !_isDisposed && !AreTooMany;
            if (isKept)
            {
                _idle.Push(runspace.AsTask);
            }

            return isKept;
        }
    }

    /// <summary>Does without one that was taken.</summary>
    internal void Lose()
    {
        Interlocked.Decrement(ref _count);
        Prepare();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_idle)
        {
            _isDisposed = true;
            while (_idle.TryPop(out Task<ScriptRunspace>? idle))
            {
                idle.ContinueWith(
                    static opened => opened.Result.Dispose(),
                    CancellationToken.None,
                    TaskContinuationOptions.OnlyOnRanToCompletion,
                    TaskScheduler.Default);
            }
        }
    }

    private bool TryPop([NotNullWhen(true)] out Task<ScriptRunspace>? idle)
    {
        lock (_idle)
        {
            return _idle.TryPop(out idle);
        }
    }

    private Task<ScriptRunspace> OpenAsync()
    {
        Interlocked.Increment(ref _count);
        return Task.Run(() =>
        {
            try
            {
                return new ScriptRunspace(runner, location);
            }
            catch
            {
                Interlocked.Decrement(ref _count);
                throw;
            }
        });
    }

    private void Discard(ScriptRunspace runspace)
    {
        Interlocked.Decrement(ref _count);
        runspace.Dispose();
    }
}
