using System.Buffers;
using PSNetLab.Engine.Http.Client;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>The directions of an exchange.</summary>
[Flags]
internal enum Side
{
    None = 0,
    Answer = 1,
    Upload = 2,
}

/// <summary>A connection to the upstream, with what one request after the other needs.</summary>
internal sealed class UpstreamConnection(HttpClientConnection http, TimeSpan patience) : IDisposable
{
    // A piece of a body, with a head.
    private const int MostBytesKept = 128 * 1024;

    private readonly CancellationTokenSource _limit = new();
    private Side _paused;

    internal HttpClientConnection Http => http;

    /// <summary>What is sent next.</summary>
    internal ArrayBufferWriter<byte> Output { get; private set; } = NewOutput();

    /// <summary>Since when nobody uses it, in milliseconds of the clock of the system; null before its first request is answered.</summary>
    internal long? IdleSince { get; private set; }

    /// <summary>Ends every wait for the upstream that takes too long.</summary>
    internal CancellationToken Limit => _limit.Token;

    /// <summary>Starts the time limit anew: call it before waiting for the upstream.</summary>
    internal void Renew(Side side = Side.Answer)
    {
        lock (_limit)
        {
            _paused &= ~side;
            _limit.CancelAfter(_paused == Side.None ? patience : Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Stops the clock while somebody else is waited for: it runs when no side waits for anybody else.</summary>
    internal void Pause(Side side = Side.Answer)
    {
        lock (_limit)
        {
            _paused |= side;
            _limit.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends the waiting now.</summary>
    internal void Cancel() => _limit.Cancel();

    /// <summary>Prepares for the next request; false if there can be none.</summary>
    internal bool TryRest(long now)
    {
        IdleSince = now;
        return http.IsDone && _limit.TryReset();
    }

    /// <summary>Sends <see cref="Output"/>.</summary>
    internal async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await http.SendAsync(Output.WrittenMemory, cancellationToken).ConfigureAwait(false);
        if (Output.Capacity <= MostBytesKept)
        {
            Output.ResetWrittenCount();
        }
        else
        {
            // It would be held for as long as the connection is.
            Output = NewOutput();
        }
    }

    public void Dispose()
    {
        http.Dispose();
        _limit.Dispose();
    }

    private static ArrayBufferWriter<byte> NewOutput() => new(1024);
}
