using System.Buffers;
using System.Diagnostics;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.Client;

/// <content>What arrives, on its way from the transport to a head, a body or what is pending.</content>
internal sealed partial class HttpClientConnection
{
    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (_transport.IsTurnOver)
        {
            await _transport.NextTurnAsync().ConfigureAwait(false);
        }

        // While a server keeps sending, nothing waits, and so nothing else looks at the token.
        cancellationToken.ThrowIfCancellationRequested();
        await _transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool TryReadHead(HttpMethod method, bool receives, out ReceivedHead? head)
    {
        head = null;
        using ReceiveBuffer.Lease lease = _received.Lend();
        if (receives && !TryReceive(lease, int.MaxValue))
        {
            return false;
        }

        if (Pending > 0 && _heads.TryRead(_received.Pending, method, out head))
        {
            Take(head.Bytes.Length);
            return true;
        }

        return HasEnded ? throw ResponseFaults.Ended(_peer, null, Pending, hasHead: false) : false;
    }

    private int TakeBody(Span<byte> into, bool receives)
    {
        if (!receives && Pending == 0)
        {
            return 0;
        }

        using ReceiveBuffer.Lease lease = _received.Lend();
        if (receives)
        {
            // No more than can be taken, so that nothing has to be kept.
            TryReceive(lease, into.Length);
        }

        int length = 0;
        while (length < into.Length && Pending > 0 && _body.Status == ParseStatus.Incomplete)
        {
            ReadOnlySpan<byte> bytes = _received.Pending[..Math.Min(Pending, into.Length - length)];
            _body.Read(bytes, out int consumed, out ReadOnlySpan<byte> data);
            data.CopyTo(into[length..]);
            length += data.Length;
            Take(consumed);
        }

        if (HasEnded && Pending == 0)
        {
            _body.End(_transport.WasCut);
        }

        return length;
    }

    private bool TryReceive(ReceiveBuffer.Lease lease, int most)
    {
        Span<byte> free = lease.Free;
        int count = _transport.TryReceive(free[..Math.Min(free.Length, most)]);
        if (count < 0)
        {
            return false;
        }

        LastArrival = Stopwatch.GetTimestamp();
        HasEnded |= count == 0;
        if (count > 0)
        {
            lease.Advance(count);
            BytesReceived += count;
            FirstByteAt ??= LastArrival;
        }

        return true;
    }

    private void Take(int count)
    {
        Record?.Write(_received.Pending[..count]);
        _received.Take(count);
    }
}
