using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Replay;

/// <summary>How to replay.</summary>
internal sealed record ReplayOptions
{
    internal static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(10);

    internal NetReplayTiming Timing { get; init; }

    /// <summary>How much faster than recorded, for <see cref="NetReplayTiming.Original"/>.</summary>
    internal double Speed { get; init; } = 1;

    internal bool Compares { get; init; }

    /// <summary>How long the peer may be silent while it is waited for.</summary>
    internal TimeSpan Patience { get; init; } = DefaultPatience;
}

/// <summary>Plays one side of a recorded conversation on a connection.</summary>
internal sealed class ReplayRun : IDisposable
{
    private const int BufferBytes = 64 * 1024;
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(20);

    // A timer takes no more than 49 days, and a capture may span more.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(40);

    private readonly ReplayScript _script;
    private readonly ReplayOptions _options;
    private readonly Transport _transport;
    private readonly ReplayComparison _comparison;
    private readonly SemaphoreSlim _news = new(0);
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly DateTime _time = DateTime.Now;
    private bool _isReset;
    private long _sent;
    private long _received;
    private volatile string? _failure;
    private volatile bool _hasEnded;

    internal ReplayRun(ReplayScript script, ReplayOptions options, ReplayComparison comparison, Transport transport)
    {
        _script = script;
        _options = options;
        _transport = transport;
        _comparison = comparison;
    }

    /// <summary>Plays it and closes the connection.</summary>
    internal async Task<NetReplayResult> RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task receiving = ReceiveAsync(end.Token);
        string? reason;
        try
        {
            reason = await PlayAsync(end.Token).ConfigureAwait(false);
        }
        catch (RegexMatchTimeoutException)
        {
            reason = ReplayComparison.TookTooLong;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            reason = $"Sending failed: {error.Message}";
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await receiving.ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (reason is null && !_isReset)
        {
            await _transport.CloseAsync().ConfigureAwait(false);
        }
        else
        {
            _transport.Dispose();
        }

        // Expressions of users may take their time.
        await LoopThread.Leave();
        return Result(reason);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _transport.Dispose();
        _news.Dispose();
    }

    /// <summary>Sends step by step; returns why it ended early, or null.</summary>
    private async Task<string?> PlayAsync(CancellationToken cancellationToken)
    {
        await LoopThread.Leave();
        foreach (ReplayStep step in _script.Steps)
        {
            bool isEnd = step.Kind != NetTranscriptKind.Data;
            if (_options.Timing == NetReplayTiming.Original)
            {
                double wait = (step.Elapsed.TotalSeconds / _options.Speed) - Stopwatch.GetElapsedTime(_start).TotalSeconds;
                if (wait > 0)
                {
                    await Task.Delay(
                        TimeSpan.FromSeconds(Math.Min(wait, s_longestWait.TotalSeconds)), cancellationToken).ConfigureAwait(false);
                }
            }

            // An end that comes too soon would change what the peer does.
            if ((isEnd || _options.Timing == NetReplayTiming.Peer)
                && await WaitAsync(step.PeerBytes, cancellationToken).ConfigureAwait(false) is { } problem)
            {
                return problem;
            }

            switch (step.Kind)
            {
                case NetTranscriptKind.Data:
                case NetTranscriptKind.HalfClosed:
                    if (!await TrySendAsync(step, cancellationToken).ConfigureAwait(false))
                    {
                        return $"The peer did not take what was sent for {TimeText.Seconds(_options.Patience)}.";
                    }

                    break;
                case NetTranscriptKind.Reset:
                    _isReset = true;
                    _transport.ResetOnDispose();
                    return null;
            }
        }

        return await WaitAsync(_script.PeerBytes, cancellationToken).ConfigureAwait(false)
            ?? (_script.PeerEnds ? await WaitForEndAsync(cancellationToken).ConfigureAwait(false) : null);
    }

    private async Task<bool> TrySendAsync(ReplayStep step, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.Patience);
        try
        {
            if (step.Kind == NetTranscriptKind.HalfClosed)
            {
                await _transport.ShutdownSendAsync(limit.Token).ConfigureAwait(false);
            }
            else
            {
                await _transport.SendAsync(step.Data, limit.Token).ConfigureAwait(false);
                _sent += step.Data.Length;
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<string?> WaitAsync(long peerBytes, CancellationToken cancellationToken)
    {
        long before = Interlocked.Read(ref _received);
        long since = Stopwatch.GetTimestamp();
        bool isQuiet = false;

        // What was sent last may have had to wait for the socket.
        await LoopThread.Leave();
        while (!_comparison.Reaches(peerBytes, isQuiet))
        {
            if (_hasEnded)
            {
                return _comparison.Reaches(peerBytes, isQuiet: true) ? null
                    : _failure ?? $"The peer ended after {_comparison.Received} of {peerBytes} bytes.";
            }

            if (Stopwatch.GetElapsedTime(since) > _options.Patience)
            {
                return $"The peer sent {_comparison.Received} of {peerBytes} bytes, and then nothing for "
                    + $"{TimeText.Seconds(_options.Patience)}.";
            }

            // Between two looks, to see whether it has fallen silent.
            isQuiet = !await _news.WaitAsync(s_quiet, cancellationToken).ConfigureAwait(false);
            long now = Interlocked.Read(ref _received);
            if (now != before)
            {
                (before, since) = (now, Stopwatch.GetTimestamp());
            }
        }

        return null;
    }

    private async Task<string?> WaitForEndAsync(CancellationToken cancellationToken)
    {
        long since = Stopwatch.GetTimestamp();
        while (!_hasEnded)
        {
            if (Stopwatch.GetElapsedTime(since) > _options.Patience)
            {
                return $"The peer did not end its stream within {TimeText.Seconds(_options.Patience)}, as it did when it was recorded.";
            }

            await _news.WaitAsync(s_quiet, cancellationToken).ConfigureAwait(false);
        }

        return _failure;
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            while (!_hasEnded)
            {
                await _transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);

                // While a peer keeps sending, nothing waits, and so nothing else looks at the token.
                cancellationToken.ThrowIfCancellationRequested();
                int count = _transport.TryReceive(buffer);
                if (count > 0)
                {
                    _comparison.Add(buffer.AsSpan(0, count));
                    Interlocked.Add(ref _received, count);
                }

                _hasEnded = count == 0;
                if (count >= 0 && _news.CurrentCount == 0)
                {
                    _news.Release();
                }

                if (_transport.IsTurnOver)
                {
                    await _transport.NextTurnAsync().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The replay is over.
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            _failure = Transport.IsResetError(error)
                ? "The peer reset the connection."
                : $"Receiving failed: {error.Message}";
            _hasEnded = true;
            _news.Release();
        }
    }

    private NetReplayResult Result(string? reason)
    {
        NetReplayDifference? difference = null;
        if (_options.Compares)
        {
            try
            {
                difference = _comparison.Finish();
            }
            catch (RegexMatchTimeoutException)
            {
                reason ??= ReplayComparison.TookTooLong;
            }
        }

        return new NetReplayResult
        {
            Began = _time,
            Remote = Addresses.OfSocket(_transport.RemoteEndPoint),
            Matched = _options.Compares ? reason is null && difference is null : null,
            FirstDifference = difference,
            Sent = _sent,
            Received = _comparison.Received,
            Expected = _script.PeerBytes,
            Duration = Stopwatch.GetElapsedTime(_start),
            Reason = reason,
            ConnectionId = _script.ConnectionId,
        };
    }
}
