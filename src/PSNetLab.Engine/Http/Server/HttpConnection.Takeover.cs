using System.Diagnostics;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <content>Connections that a handler has taken over, and delays.</content>
internal sealed partial class HttpConnection
{
    private CancellationTokenSource? _delays;
    private CancellationTokenSource? _ending;
    private bool _isTakeoverTold;
    private volatile bool _wasReset;
    private bool _isReset;

    /// <summary>Cancelled when the server asks its connections to end, or ends this one.</summary>
    internal CancellationToken Ending
    {
        get
        {
            CancellationTokenSource ending = _ending ?? Interlocked.CompareExchange(ref _ending, new(), null) ?? _ending;
            if (_host.IsStopping || Current == Phase.Ended)
            {
                ending.Cancel();
            }

            return ending.Token;
        }
    }

    /// <summary>Lets time pass, unless the connection is ended from elsewhere.</summary>
    internal Task DelayAsync(TimeSpan time) => Task.Delay(time, _options.Clock, Ended);

    /// <summary>Cancelled when the connection is ended from elsewhere, or the client resets it.</summary>
    internal CancellationToken Ended
    {
        get
        {
            CancellationTokenSource? delays = _delays;
            if (delays is null)
            {
                delays = Interlocked.CompareExchange(ref _delays, new(), null) ?? _delays;
                _transport.Broken = OnBroken;
                if (_transport.IsKnownBroken)
                {
                    OnBroken();
                }
            }

            if (Current == Phase.Ended || _wasReset)
            {
                delays.Cancel();
            }

            return delays.Token;
        }
    }

    /// <summary>Receives bytes of no request.</summary>
    internal async ValueTask<int> ReceiveRawAsync(Memory<byte> destination)
    {
        if (_received.Count > 0)
        {
            return TakeRaw(destination.Span);
        }

        while (true)
        {
            await WaitRawAsync().ConfigureAwait(false);
            int count = TryReceiveRaw(destination.Span);
            if (count >= 0)
            {
                return count;
            }
        }
    }

    internal ValueTask WaitRawAsync() => _received.Count > 0 ? default : _transport.WaitReadableAsync(CancellationToken.None);

    internal int TryReceiveRaw(Span<byte> destination)
    {
        if (_received.Count > 0)
        {
            return TakeRaw(destination);
        }

        int count = _transport.TryReceive(destination);
        if (count > 0)
        {
            _bytesReceived += count;
        }

        return count;
    }

    internal void Tell(HttpRequestRecord message)
    {
        message.Sent = Stopwatch.GetTimestamp();
        _options.Observer?.Told(message);
    }

    /// <summary>Reports the request of a takeover.</summary>
    /// <param name="bytes">How many bytes were sent for it.</param>
    /// <param name="isComplete">Whether the client got all that it should have.</param>
    private void TellTakeover(long bytes, bool isComplete)
    {
        AddTakeover(0, bytes, bytes, isComplete);
        Tell(_outgoing);
    }

    /// <summary>Adds the request of a takeover to what is reported once it is sent.</summary>
    /// <param name="headBytes">The length of the head, if that is still to be sent.</param>
    /// <param name="bytes">How many bytes are sent for it without that.</param>
    /// <param name="sent">How many of these were sent before.</param>
    /// <param name="isComplete">Whether the client gets all that it should have.</param>
    internal void AddTakeover(int headBytes, long bytes, long sent, bool isComplete)
    {
        _isTakeoverTold = true;
        _outgoing.Add(CompleteRecord(), _exchange.Started, headBytes, bytes, isWhole: isComplete);
        _outgoing.Sent += sent;
    }

    internal ValueTask EndSendingAsync() => _transport.ShutdownSendAsync(CancellationToken.None);

    internal void Interrupt() => _transport.Interrupt();

    internal void ResetAtEnd()
    {
        _isReset = true;
        _transport.ResetOnDispose();
    }

    /// <summary>Lets a handler serve the connection to its end.</summary>
    private async ValueTask ServeTakeoverAsync(Func<HttpTakeover, ValueTask> serve)
    {
        _last = true;
        Totals = Totals with { MessagesReceived = Totals.MessagesReceived + 1 };
        HttpTakeover takeover = new(this, _exchange);
        await LoopThread.Leave();
        try
        {
            await serve(takeover).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            takeover.IsComplete = false;
            if (error is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                throw;
            }

            Fault(new NetLabException(FaultKind.RequestFailed, $"An answer broke off: {error.Message}", error));
        }
        finally
        {
            _hasUnreadBody |= takeover.MayBeUnread;
            if (_isTakeoverTold)
            {
                Totals = Totals with { BytesSent = Totals.BytesSent + takeover.Sent };
            }
            else
            {
                TellTakeover(takeover.Sent, takeover.IsComplete);
            }
        }
    }

    private int TakeRaw(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, _received.Count);
        _received.Pending[..count].CopyTo(destination);
        _received.Take(count);
        return count;
    }

    /// <summary>Ends what waits, for nobody, beside the loop that has found it out.</summary>
    private void OnBroken() => ThreadPool.UnsafeQueueUserWorkItem(
        static connection =>
        {
            connection._wasReset = true;
            connection.EndDelays();
        },
        this,
        preferLocal: false);

    /// <summary>Looks for a reset where nobody tells of it, while something waits.</summary>
    private void CheckReset()
    {
        if (Volatile.Read(ref _delays) is { IsCancellationRequested: false } && _transport.IsBroken)
        {
            OnBroken();
        }
    }

    /// <summary>Reports a request that has no answer, because the client has left before.</summary>
    private void NoteLeft()
    {
        _isGone = true;
        if (!_exchange.IsAnswered)
        {
            Totals = Totals with { MessagesReceived = Totals.MessagesReceived + 1 };
            _outgoing.Add(CompleteRecord(), _exchange.Started, 0, 0, isWhole: false);
        }
    }

    private void EndDelays()
    {
        // After the phase was set: either this finds the delays, or they find the phase.
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _delays)?.Cancel();
        Volatile.Read(ref _ending)?.Cancel();
    }
}
