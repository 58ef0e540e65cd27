using System.Threading.Tasks.Sources;

namespace PSNetLab.Engine.IO;

/// <summary>One direction of a socket under epoll: whether an attempt is worthwhile, and who waits for that.</summary>
/// <remarks>
/// The waiter continues inside <see cref="Signal"/>, on the thread of the event loop: no thread hop, no allocation per
/// wait.
/// </remarks>
internal sealed class Readiness : IValueTaskSource
{
    private const int NotReady = 0;
    private const int Ready = 1;
    private const int Waiting = 2;

    private int _state;
    private ManualResetValueTaskSourceCore<bool> _waiter;
    private CancellationTokenRegistration _cancellation;

    internal bool IsReady => Volatile.Read(ref _state) == Ready;

    internal ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (IsReady)
        {
            return default;
        }

        cancellationToken.ThrowIfCancellationRequested();
        _waiter.Reset();
        ValueTask wait = new(this, _waiter.Version);
        if (Interlocked.CompareExchange(ref _state, Waiting, NotReady) == Ready)
        {
            return default;
        }

        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (self, token) => ((Readiness)self!).Cancel(token), this);
        }

        return wait;
    }

    /// <summary>Makes the direction ready and lets the waiter continue.</summary>
    internal void Signal()
    {
        if (Interlocked.Exchange(ref _state, Ready) == Waiting)
        {
            _waiter.SetResult(true);
        }
    }

    /// <summary>Call this before an attempt, so that no event during it is lost.</summary>
    internal void Clear() => Interlocked.CompareExchange(ref _state, NotReady, Ready);

    private void Cancel(CancellationToken token)
    {
        if (Interlocked.CompareExchange(ref _state, NotReady, Waiting) == Waiting)
        {
            _waiter.SetException(new OperationCanceledException(token));
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        _cancellation.Dispose();
        _cancellation = default;
        _waiter.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _waiter.OnCompleted(continuation, state, token, flags);
}
