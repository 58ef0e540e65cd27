using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <content>Receiving: heads, and bodies as far as somebody wants them.</content>
internal sealed partial class HttpConnection
{
    private const long MostBytesSkipped = 256 * 1024;
    private const int FirstBytesOfBody = 4096;

    private BodyReader _body;
    private bool _hasContinued;
    private bool _hasUnreadBody;

    // The head as long as its bytes are not lent any more.
    private byte[]? _head;
    private bool _hasHead;

    /// <summary>The head of the request under way; empty when it is not all there, or not as it should be.</summary>
    internal ReadOnlySpan<byte> Head => _head is not null ? _head : _hasHead ? _received.Pending[.._request.HeadLength] : default;

    /// <summary>Takes some of the body: a number of bytes, 0 at its end.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="isFirst">Whether the client gets new time to send it.</param>
    internal async ValueTask<int> ReadBodyAsync(Memory<byte> destination, bool isFirst)
    {
        if (isFirst)
        {
            await ContinueAsync().ConfigureAwait(false);
            Renew();
        }

        while (true)
        {
            int count = TakeBody(destination.Span);
            if (count > 0 || _body.Status == ParseStatus.Complete)
            {
                return count;
            }

            await ReceiveBodyAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes the whole body; null, and an answer, when it is too long.</summary>
    internal async ValueTask<byte[]?> ReadBodyAsync(int mostBytes)
    {
        int count = 0;
        byte[] body = [];
        if (_body.Left <= mostBytes)
        {
            body = new byte[_body.Left >= 0 ? _body.Left : Math.Min(FirstBytesOfBody, mostBytes)];
            bool isFirst = true;
            for (int now = -1; now != 0 && count <= mostBytes; isFirst = false, count += now)
            {
                if (count == body.Length)
                {
                    // One byte more than allowed shows that there are more.
                    Array.Resize(ref body, (int)Math.Clamp(body.Length * 2L, 1, mostBytes + 1L));
                }

                now = await ReadBodyAsync(body.AsMemory(count), isFirst).ConfigureAwait(false);
            }
        }

        if (_body.Left > mostBytes || count > mostBytes)
        {
            Refuse(413, $"The body of a request may have {mostBytes} bytes here.");
            return null;
        }

        return count == body.Length ? body : body[..count];
    }

    /// <summary>Waits for bytes. False when none are wanted any more.</summary>
    private async ValueTask<bool> WaitAsync(Phase waiting)
    {
        Volatile.Write(ref _phase, (int)waiting);
        if (_host.IsStopping && waiting == Phase.Idle)
        {
            return false;
        }

        await _transport.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    /// <summary>Takes what came and answers what can be answered at once; null when nothing came.</summary>
    private Step? ReceiveAndAnswer(Phase waiting)
    {
        using ReceiveBuffer.Lease lease = _received.Lend();
        return Receive(lease, waiting) switch
        {
            > 0 => AnswerAtOnce(),
            0 => Step.Gone,
            _ => null,
        };
    }

    /// <summary>Goes on with what came before.</summary>
    private Step AnswerKept()
    {
        using ReceiveBuffer.Lease lease = _received.Lend();
        return AnswerAtOnce();
    }

    /// <summary>
    /// One read: a number of bytes, 0 when no more will come, -1 when there is nothing yet. What does not come in time is
    /// answered here.
    /// </summary>
    private int Receive(ReceiveBuffer.Lease lease, Phase waiting)
    {
        int count = _transport.TryReceive(lease.Free);
        if (count < 0)
        {
            return count;
        }

        if (!TryChange(waiting, Phase.Working))
        {
            if (Current == Phase.Expired)
            {
                Expire();
            }

            return 0;
        }

        lease.Advance(count);
        Totals = Totals with { BytesReceived = Totals.BytesReceived + count };
        return count;
    }

    /// <summary>Keeps the head for as long as the answer takes, so that what follows it can be taken.</summary>
    private void KeepHead()
    {
        _head = _exchange.Record?.Head ?? _received.Pending[.._request.HeadLength].ToArray();
        _received.Take(_head.Length);
    }

    private void CloseExchange()
    {
        _exchange.Close();
        if (_request.HasBody)
        {
            _body = BodyReader.None;
        }

        _request.Reset();
        _head = null;
        _hasHead = _hasContinued = false;
    }

    /// <summary>Lets a client send its body that waits to be asked for it (RFC 9110, section 10.1.1).</summary>
    private async ValueTask ContinueAsync()
    {
        if (_request.ExpectsContinue && !_hasContinued && !_isStreaming)
        {
            _hasContinued = true;
            await InformAsync(100, []).ConfigureAwait(false);
        }
    }

    private async ValueTask ReceiveBodyAsync()
    {
        if (_body.Status == ParseStatus.Failed)
        {
            throw new IOException(_body.Fault);
        }

        // Until bytes have come, nobody knows of the client that it is still there.
        _isGone = true;
        bool ended;
        do
        {
            await WaitAsync(Phase.Receiving).ConfigureAwait(false);
        }
        while (!TryReceive(Phase.Receiving, out ended));
        if (ended)
        {
            throw new IOException("The body did not come.");
        }

        _isGone = false;
    }

    private bool TryReceive(Phase waiting, out bool ended)
    {
        using ReceiveBuffer.Lease lease = _received.Lend();
        int count = Receive(lease, waiting);
        ended = count == 0;
        return count >= 0;
    }

    private int TakeBody(Span<byte> destination)
    {
        ReadOnlySpan<byte> data;
        int consumed;
        do
        {
            ReadOnlySpan<byte> pending = _received.Pending;
            _body.Read(pending[..Math.Min(pending.Length, destination.Length)], out consumed, out data);
            data.CopyTo(destination);
            _received.Take(consumed);
        }
        while (data.IsEmpty && consumed > 0);
        return data.Length;
    }

    /// <summary>Reads past what nobody has taken of the body.</summary>
    /// <returns>What is wrong with it, or null. Of a body that is too long, the rest is left, and the connection has to end.</returns>
    private async ValueTask<string?> SkipBodyAsync()
    {
        // A client that waits for 100 (Continue) gets the final answer instead; whether it sends the body then, nobody knows.
        if (_body.Status == ParseStatus.Incomplete && ((_request.ExpectsContinue && !_hasContinued) || _body.Left > MostBytesSkipped))
        {
            _hasUnreadBody = true;
            return null;
        }

        Renew();
        long before = _body.Length;
        while (true)
        {
            int consumed;
            do
            {
                _body.Read(_received.Pending, out consumed, out _);
                _received.Take(consumed);
            }
            while (consumed > 0);

            if (_body.Status == ParseStatus.Complete)
            {
                return null;
            }

            _hasUnreadBody = _body.Status == ParseStatus.Failed || _body.Length - before > MostBytesSkipped;
            if (_hasUnreadBody)
            {
                return _body.Status == ParseStatus.Failed ? _body.Fault : null;
            }

            await ReceiveBodyAsync().ConfigureAwait(false);
        }
    }
}
