namespace PSNetLab.Engine.IO;

/// <summary>
/// What was handed over to be sent to a peer, while whoever makes it goes on: up to a limit, beyond which the maker has to wait, because
/// the peer does not take it.
/// </summary>
/// <param name="most">How many bytes may wait for the peer.</param>
/// <param name="onChange">Told when something begins to wait, and when nothing does any more.</param>
internal sealed class HandedOver(long most, Action<bool>? onChange = null)
{
    /// <summary>The usual limit.</summary>
    internal const int DefaultMost = 256 * 1024;

    // About what each takes besides its bytes.
    private const int Overhead = 512;

    private readonly object _gate = new();
    private int _count;
    private long _bytes;
    private Exception? _failure;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _end;

    /// <summary>Why nothing more can be sent; null as long as all is well.</summary>
    internal Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Begins to send. Completes when there is room for more, and throws only what is thrown at once.</summary>
    /// <param name="what">What to send.</param>
    /// <param name="length">How many bytes that are.</param>
    /// <param name="send">Sends it, after what it was told to send before.</param>
    internal ValueTask SendAsync<T>(T what, int length, Func<T, ValueTask> send)
    {
        Begin(length);
        ValueTask sending;
        try
        {
            sending = send(what);
        }
        catch (Exception)
        {
            End(length);
            throw;
        }

        if (sending.IsCompletedSuccessfully)
        {
            End(length);
            return default;
        }

        _ = FinishAsync(sending, length);
        return new ValueTask(RoomAsync());
    }

    /// <summary>Completes when nothing waits any more.</summary>
    internal Task DrainAsync()
    {
        lock (_gate)
        {
            return _count == 0 ? Task.CompletedTask : (_end ??= NewSource()).Task;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task FinishAsync(ValueTask sending, int length)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref _failure, error, null);
        }

        End(length);
    }

    private Task RoomAsync()
    {
        lock (_gate)
        {
            return _bytes <= most ? Task.CompletedTask : (_room ??= NewSource()).Task;
        }
    }

    private void Begin(int length)
    {
        lock (_gate)
        {
            _bytes += length + Overhead;
            if (++_count == 1)
            {
                onChange?.Invoke(true);
            }
        }
    }

    private void End(int length)
    {
        lock (_gate)
        {
            _bytes -= length + Overhead;
            if (--_count == 0)
            {
                onChange?.Invoke(false);
                _end?.TrySetResult();
                _end = null;
            }

            // Not for each few bytes.
            if (_bytes <= most / 2)
            {
                _room?.TrySetResult();
                _room = null;
            }
        }
    }
}
