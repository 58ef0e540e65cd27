namespace PSNetLab.Engine.Http.Server;

/// <summary>Appends a line for each request to a file. <see cref="Write"/> never waits for the disk.</summary>
internal sealed class AccessLog : IAsyncDisposable
{
    /// <summary>The most bytes that wait for the disk; lines beyond that are dropped.</summary>
    internal const int MostBytes = 8 * 1024 * 1024;

    // The lines of a quiet server are soon on the disk. A busy one collects them for longer, because each write wakes a
    // thread of the pool, which then spins for about a millisecond.
    private static readonly TimeSpan s_firstCollecting = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_collecting = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_beforeRetry = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly string _path;
    private readonly AppendedFile _file;
    private readonly bool _isCombined;
    private readonly Action<NetLabException> _onFault;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _ending = new();
    private AccessLogLines _filling = new();
    private AccessLogLines _writing = new();
    private Task _flush = Task.CompletedTask;
    private bool _hasDropped;
    private bool _isFailing;
    private bool _isDisposed;

    /// <summary>Opens or creates the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">The form of the lines.</param>
    /// <param name="onFault">Called on another thread when lines cannot be written, once for each outage, and when lines are
    /// dropped, only the first time.</param>
    /// <param name="clock">The clock for all waits; null for the system's.</param>
    /// <exception cref="NetLabException">The file cannot be opened.</exception>
    internal AccessLog(string path, AccessLogFormat format, Action<NetLabException> onFault, TimeProvider? clock = null)
    {
        _path = path;
        _isCombined = format == AccessLogFormat.Combined;
        _onFault = onFault;
        _clock = clock ?? TimeProvider.System;
        try
        {
            _file = new AppendedFile(path, _clock);
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
            throw Fault($"The access log cannot be opened: {Words(error)} Choose another file, or make this one writable.", error);
        }
    }

    /// <summary>Adds a line for each request. Does nothing once the log is disposed.</summary>
    internal void Write(ReadOnlySpan<HttpRequestRecord> records)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            foreach (HttpRequestRecord record in records)
            {
                int before = _filling.Length;
                _filling.Add(record, _isCombined);
                if (_filling.Length + _writing.Length > MostBytes)
                {
                    _filling.Truncate(before);
                    TellDropped();
                }
            }

            if (_flush.IsCompleted)
            {
                _flush = Task.Run(FlushAsync);
            }
        }
    }

    /// <summary>Writes the lines that still wait, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        Task flush;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            flush = _flush;
        }

        await _ending.CancelAsync().ConfigureAwait(false);
        await flush.ConfigureAwait(false);
        _file.Dispose();
        _ending.Dispose();
    }

    private static bool IsOfTheDisk(Exception error)
        => error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException;

    // Some of the runtime's messages end with a full stop.
    private static string Words(Exception error) => error.Message.TrimEnd('.') + ".";

    private NetLabException Fault(string message, Exception? inner = null)
        => new(FaultKind.AccessLogFailed, message, inner) { Subject = _path };

    private void TellDropped()
    {
        if (!_hasDropped)
        {
            _hasDropped = true;
            NetLabException fault = Fault(
                $"Lines of the access log {_path} are dropped, because {MostBytes / 1024 / 1024} MiB of them already wait for the disk. "
                + "Choose a file on a faster disk, or log less.");
            _ = Task.Run(() => _onFault(fault));
        }
    }

    private async Task FlushAsync()
    {
        for (TimeSpan collecting = s_firstCollecting; ; collecting = s_collecting)
        {
            await PauseAsync(collecting).ConfigureAwait(false);
            lock (_gate)
            {
                _writing.Clear();
                if (_filling.Length == 0)
                {
                    _writing.Trim();
                    _filling.Trim();
                    // Under the lock, so that the next Write sees that this flush is over and starts another.
                    _flush = Task.CompletedTask;
                    return;
                }

                (_filling, _writing) = (_writing, _filling);
            }

            await WriteOutAsync(_writing.Written).ConfigureAwait(false);
        }
    }

    private async Task WriteOutAsync(ReadOnlyMemory<byte> lines)
    {
        // The file is reopened after a failure. So there is a second attempt even when the log is being disposed.
        bool hasFailed = false;
        while (!lines.IsEmpty)
        {
            try
            {
                int written = await _file.AppendAsync(lines).ConfigureAwait(false);
                lines = lines[written..];
                _isFailing = false;
            }
            catch (Exception error) when (IsOfTheDisk(error))
            {
                if (hasFailed && _ending.IsCancellationRequested)
                {
                    lock (_gate)
                    {
                        _filling.Clear();
                    }

                    _onFault(Fault($"The last lines for the access log {_path} are lost: {Words(error)}", error));
                    return;
                }

                hasFailed = true;
                if (!_isFailing)
                {
                    _isFailing = true;
                    _onFault(Fault(
                        $"The access log {_path} cannot be written: {Words(error)} The server keeps the lines and "
                            + "tries again every second.",
                        error));
                }

                await PauseAsync(s_beforeRetry).ConfigureAwait(false);
            }
        }
    }

    // Returns early when the log is disposed.
    private async Task PauseAsync(TimeSpan duration)
        => await Task.Delay(duration, _clock, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
