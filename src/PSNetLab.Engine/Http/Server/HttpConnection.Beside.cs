using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <content>Receives beside a handler that sends at the same time. The phase is the sender's, and is left alone here.</content>
internal sealed partial class HttpConnection
{
    private volatile bool _awaitsBody;

    // How long the client was waited for, and how much came, since it last sent a piece or took a part of the answer.
    private long _ticksAwaited;
    private int _bytesAwaited;

    private string TooSlow
        => $"Less than {PieceBytes / 1024} KiB of the request body arrived within {TimeText.Seconds(_options.RequestTimeout)}.";

    /// <summary>Reads a part of the body; returns the number of bytes, 0 at the end. It asks for nothing: that is the sender's.</summary>
    /// <param name="destination">Receives the bytes; not empty.</param>
    /// <param name="cancellationToken">Ends the waiting; the body can be read on afterwards.</param>
    internal async ValueTask<int> ReadBodyBesideAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            int count = ReadBodyNow(destination.Span);
            if (count > 0 || HasReadBody)
            {
                return count;
            }

            await ReceiveBesideAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask ReceiveBesideAsync(CancellationToken cancellationToken)
    {
        // A byte now and then is not enough: it takes a piece to start the time limit anew, in either direction.
        Renew();
        _awaitsBody = true;
        int count;
        try
        {
            do
            {
                await _transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            }
            while ((count = ReceiveAhead()) < 0);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _isGone = true;
            throw;
        }
        finally
        {
            _awaitsBody = false;
        }

        if (count == 0)
        {
            bool isLate = Current == Phase.Expired;
            _isGone = !isLate;
            throw new IOException(isLate ? TooSlow : "The request body did not arrive completely.");
        }

        long awaited = Volatile.Read(ref _ticksAwaited) + Elapsed.Ticks;
        _bytesAwaited += count;
        if (_bytesAwaited >= PieceBytes)
        {
            awaited = _bytesAwaited = 0;
        }

        Volatile.Write(ref _ticksAwaited, awaited);
    }

    /// <summary>Receives once; returns the number of bytes, 0 at the end of the stream, -1 if there is nothing yet.</summary>
    private int ReceiveAhead()
    {
        using ReceiveBuffer.Lease lease = _received.Lend();
        int count = _transport.TryReceive(lease.Free);
        if (count > 0)
        {
            lease.Advance(count);
            _bytesReceived += count;
        }

        return count;
    }
}
