using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>Runs many checks side by side, at most so many at a time, and hands out rows as they are ready.</summary>
/// <remarks>
/// Checks are taken one by one as there is room, so that their sources may be lazy. Where rows pile up because nobody takes them, the
/// checks wait. No check has a thread of its own. While the process is short of descriptors, fewer checks run.
/// </remarks>
internal sealed class CheckRun
{
    /// <summary>How many checks run at a time unless the user says otherwise.</summary>
    internal const int DefaultThrottle = 256;

    private const int MostWaitingRows = 4096;
    private const int MostWaitingSources = 64;

    // Checks that never wait leave the thread to others so often.
    private static readonly long s_longestTurn = Stopwatch.Frequency / 500;

    private readonly int _throttle;
    private readonly CancellationToken _cancellation;
    private readonly Mailbox<object> _rows = new(MostWaitingRows, WhenFull.Wait);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _gate = new();
    private readonly Queue<IEnumerator<ICheck>> _sources = new();
    private readonly Queue<(IEnumerator<ICheck> Source, TaskCompletionSource Room)> _held = new();
    private ICheck? _next;
    private bool _isComplete;
    private int _workers;
    private long _done;
    private Exception? _fault;

    /// <param name="throttle">How many checks run at a time.</param>
    /// <param name="cancellation">Ends all checks; those under way close what they have open.</param>
    internal CheckRun(int throttle, CancellationToken cancellation)
    {
        _throttle = throttle;
        _cancellation = cancellation;
    }

    /// <summary>The rows, as they are ready.</summary>
    internal IMessageSource<object> Rows => _rows;

    /// <summary>How many checks have ended so far.</summary>
    internal long Done => Interlocked.Read(ref _done);

    /// <summary>
    /// Completes when all checks have ended, or, after a cancellation, when every check has ended and closed what it had open.
    /// </summary>
    internal Task Ended => _ended.Task;

    /// <summary>
    /// Adds checks; completes at once, unless many sources wait already. Fails once a check has failed: no more are run.
    /// </summary>
    internal Task AddAsync(IEnumerable<ICheck> checks)
    {
        lock (_gate)
        {
            if (_fault is not null)
            {
                return Task.FromException(_fault);
            }

            if (_sources.Count >= MostWaitingSources && !_cancellation.IsCancellationRequested)
            {
                TaskCompletionSource room = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _held.Enqueue((checks.GetEnumerator(), room));
                return room.Task;
            }

            _sources.Enqueue(checks.GetEnumerator());
            Hire();
        }

        return Task.CompletedTask;
    }

    /// <summary>Says that no more checks will come.</summary>
    internal void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            EndIfIdle();
        }
    }

    private async Task WorkAsync()
    {
        try
        {
            long turn = Stopwatch.GetTimestamp();
            while (TryTake(out ICheck? check))
            {
                await check.RunAsync(_rows, _cancellation).ConfigureAwait(false);
                Interlocked.Increment(ref _done);
                await LoopThread.Leave();
                if (Stopwatch.GetTimestamp() - turn > s_longestTurn)
                {
                    await Task.Yield();
                    turn = Stopwatch.GetTimestamp();
                }
            }
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            Retire(null);
        }
        catch (Exception error)
        {
            Retire(error);
        }
    }

    /// <summary>The next check; false if this worker is not needed any more, and then it no longer counts.</summary>
    private bool TryTake([NotNullWhen(true)] out ICheck? check)
    {
        lock (_gate)
        {
            bool isTooMany = _workers > 1 && Descriptors.AreScarce;
            check = !isTooMany && _fault is null && !_cancellation.IsCancellationRequested && PeekNext() ? _next : null;
            if (check is null)
            {
                _workers--;
                EndIfIdle();
                return false;
            }

            _next = null;
            Hire();
            return true;
        }
    }

    /// <summary>Starts one more worker if there is work for it; it does the same in its turn.</summary>
    private void Hire()
    {
        if (_workers < _throttle && PeekNext() && (_workers == 0 || !Descriptors.AreScarce))
        {
            _workers++;
            _ = Task.Run(WorkAsync, CancellationToken.None);
        }
    }

    private void Retire(Exception? fault)
    {
        lock (_gate)
        {
            _fault ??= fault;
            _workers--;
            EndIfIdle();
        }
    }

    private bool PeekNext()
    {
        while (_next is null && _sources.TryPeek(out IEnumerator<ICheck>? source))
        {
            if (source.MoveNext())
            {
                _next = source.Current;
                break;
            }

            source.Dispose();
            _sources.Dequeue();
            if (_held.TryDequeue(out (IEnumerator<ICheck> Source, TaskCompletionSource Room) held))
            {
                _sources.Enqueue(held.Source);
                held.Room.TrySetResult();
            }
        }

        return _next is not null;
    }

    private void EndIfIdle()
    {
        bool isOver = _fault is not null || _cancellation.IsCancellationRequested || (_isComplete && !PeekNext());
        if (_workers > 0 || !isOver)
        {
            return;
        }

        while (_held.TryDequeue(out (IEnumerator<ICheck> Source, TaskCompletionSource Room) held))
        {
            held.Room.TrySetResult();
        }

        // Before the rows: whoever sees their end must find the fault.
        if (_fault is null)
        {
            _ended.TrySetResult();
        }
        else
        {
            _ended.TrySetException(_fault);
        }

        _rows.Complete();
    }
}
