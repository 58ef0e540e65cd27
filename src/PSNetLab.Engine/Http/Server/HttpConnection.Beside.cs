using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.Server;

/// <content>Receives beside a handler that sends at the same time. The phase is the sender's, and is left alone here.</content>
internal sealed partial class HttpConnection
{
    private volatile bool _awaitsBody;

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
        // Whatever moves, in either direction, starts the time limit anew.
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

        Renew();
        if (count == 0)
        {
            bool isLate = Current == Phase.Expired;
            _isGone = !isLate;
            throw new IOException(isLate ? TooLate : "The request body did not arrive completely.");
        }
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
