using System.Diagnostics;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Checks;

/// <summary>
/// Limits how many attempts of waiting checks are under way; between two attempts they hold neither a place nor a socket.
/// </summary>
internal sealed class TryGate(int most) : IDisposable
{
    private readonly SemaphoreSlim _places = new(most);
    private int _inside;
    private int _waiting;

    /// <summary>How many checks wait for something.</summary>
    internal int Waiting => Volatile.Read(ref _waiting);

    public void Dispose() => _places.Dispose();

    internal void Join() => Interlocked.Increment(ref _waiting);

    internal void Quit() => Interlocked.Decrement(ref _waiting);

    /// <summary>Takes a place; false if there is none within the time.</summary>
    internal async ValueTask<bool> EnterAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        if (!await _places.WaitAsync(most, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        try
        {
            while (Interlocked.Increment(ref _inside) > 1 && Descriptors.AreScarce)
            {
                Interlocked.Decrement(ref _inside);
                if (most != Timeout.InfiniteTimeSpan && Stopwatch.GetElapsedTime(began) > most)
                {
                    _places.Release();
                    return false;
                }

                await Descriptors.PauseAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            _places.Release();
            throw;
        }

        return true;
    }

    internal void Leave()
    {
        Interlocked.Decrement(ref _inside);
        _places.Release();
    }
}
