using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <content>Reads as much of each body as the handler wants, and skips the rest.</content>
internal sealed partial class HttpConnection
{
    private const long MostBytesSkipped = 256 * 1024;
    private const int FirstBytesOfBody = 4096;

    private BodyReader _body;
    private bool _hasContinued;
    private bool _hasUnreadBody;

    // Of the received bytes after the head, how many belong to a body that was read at once.
    private int _bodyTaken;
    private int _bodyHeld;

    /// <summary>The field lines after a body in chunks that was read; empty if there are none.</summary>
    internal ReadOnlySpan<byte> Trailers => _body.Trailers;

    /// <summary>Reads the whole body if it has arrived with the head; null if it has not or is too long.</summary>
    internal byte[]? TryReadBody(int mostBytes)
    {
        if (!_request.HasBody)
        {
            return [];
        }

        // Only the body is consumed here: the head is still in use.
        ReadOnlySpan<byte> rest = _received.Pending[_request.HeadLength..];
        BodyReader body = _request.Body;
        if (body.Left > Math.Min(mostBytes, rest.Length))
        {
            return null;
        }

        byte[] data = new byte[body.Left >= 0 ? body.Left : rest.Length];
        int length = 0;
        int taken = 0;
        int consumed;
        do
        {
            body.Read(rest[taken..], out consumed, out ReadOnlySpan<byte> piece);
            piece.CopyTo(data.AsSpan(length));
            length += piece.Length;
            taken += consumed;
        }
        while (consumed > 0);

        if (body.Status != ParseStatus.Complete || length > mostBytes)
        {
            return null;
        }

        _body = body;
        _bodyTaken = taken;
        return length == data.Length ? data : data[..length];
    }

    /// <summary>Whether the body was read to its end.</summary>
    internal bool HasReadBody => _body.Status == ParseStatus.Complete;

    /// <summary>Reads a part of the body that has arrived; returns the number of bytes, 0 if there is none.</summary>
    internal int ReadBodyNow(Span<byte> destination)
    {
        int count = TakeBody(destination);
        return _body.Status == ParseStatus.Failed ? throw new IOException(_body.Fault) : count;
    }

    /// <summary>Reads a part of the body; returns the number of bytes, 0 at the end.</summary>
    /// <param name="destination">Receives the bytes; not empty.</param>
    /// <param name="isFirst">Whether to send 100 (Continue) if the client waits for it, and to start the time limit anew.</param>
    /// <param name="cancellationToken">Ends the waiting; the body can be read on afterwards.</param>
    internal async ValueTask<int> ReadBodyAsync(Memory<byte> destination, bool isFirst, CancellationToken cancellationToken = default)
    {
        if (destination.IsEmpty)
        {
            // The body would be received to its end and kept, without a limit.
            throw new ArgumentException("There must be room for a byte.", nameof(destination));
        }

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

            await ReceiveBodyAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the whole body. If it is too long, answers 413 and returns null.</summary>
    internal async ValueTask<byte[]?> ReadBodyAsync(int mostBytes)
    {
        int count = 0;
        byte[] body = [];
        if (_body.Left <= mostBytes)
        {
            int now = -1;
            while (now != 0 && count <= mostBytes && _body.Status != ParseStatus.Complete)
            {
                if (count == body.Length)
                {
                    // It grows with what has come, whatever was announced. With room for one byte more than allowed, a body
                    // that is too long shows.
                    long most = _body.Left >= 0 ? count + _body.Left : mostBytes + 1L;
                    int size = (int)Math.Min(Math.Max(FirstBytesOfBody, count * 2L), most);
                    if (!TryHoldBody(size))
                    {
                        const string Full = "The server holds as many bytes of requests as it may. Try again in a moment.";
                        Refuse(503, Full, FieldLines.Field("Retry-After", "1"));
                        return null;
                    }

                    Array.Resize(ref body, size);
                }

                now = await ReadBodyAsync(body.AsMemory(count), isFirst: count == 0).ConfigureAwait(false);
                count += now;
            }
        }

        if (_body.Left > mostBytes || count > mostBytes)
        {
            Refuse(413, $"The request body is longer than {mostBytes} bytes.");
            return null;
        }

        return count == body.Length ? body : body[..count];
    }

    /// <summary>Whether all connections together may hold so many bytes of this body.</summary>
    private bool TryHoldBody(int bytes)
    {
        bool mayHold = _options.Bodies.TryTake(bytes - _bodyHeld);
        _bodyHeld = mayHold ? bytes : _bodyHeld;
        return mayHold;
    }

    private void ReleaseBody()
    {
        _options.Bodies.Give(_bodyHeld);
        _bodyHeld = 0;
    }

    private async ValueTask ReceiveBodyAsync(CancellationToken cancellationToken = default)
    {
        if (_body.Status == ParseStatus.Failed)
        {
            throw new IOException(_body.Fault);
        }

        // If waiting fails, the client has left and gets no answer.
        _isGone = true;
        bool ended;
        do
        {
            TryBeginWait(Phase.Receiving);
            try
            {
                await _transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (TryChange(Phase.Receiving, Phase.Working))
            {
                _isGone = false;
                throw;
            }
        }
        while (!TryReceive(Phase.Receiving, out ended));
        if (ended)
        {
            throw new IOException("The request body did not arrive completely.");
        }

        _isGone = false;
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

    /// <summary>Discards the rest of the body, so that the next request can be read.</summary>
    /// <param name="waits">
    /// Whether to wait for what has not arrived: only once the client has the answer, for which it may be waiting itself.
    /// </param>
    /// <returns>
    /// What is wrong with the body, or null. If the rest is too long to discard, sets _hasUnreadBody: the connection must
    /// then end after the answer.
    /// </returns>
    private async ValueTask<string?> SkipBodyAsync(bool waits)
    {
        // A client that waits for 100 (Continue) gets the final answer instead, and may or may not send the body after it.
        bool mayNotCome = (_request.ExpectsContinue && !_hasContinued) || _body.Left > MostBytesSkipped || Current == Phase.Expired;
        if (_body.Status == ParseStatus.Incomplete && mayNotCome)
        {
            _hasUnreadBody = true;
            return null;
        }

        if (waits)
        {
            Renew();
        }

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

            if (!waits)
            {
                return null;
            }

            await ReceiveBodyAsync().ConfigureAwait(false);
        }
    }
}
