using System.Net.Sockets;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Tcp;

namespace PSNetLab;

/// <content>Receiving: one reader at a time.</content>
public sealed partial class TcpConnection
{
    /// <summary>How many messages are taken between two looks at the clock.</summary>
    internal const int MessagesPerLook = 128;

    private Queue<TcpMessage>? _putBack;
    private object? _receiver;

    /// <summary>Makes the caller the only reader, permanently: the session of a server.</summary>
    /// <returns>Whether the connection is still open; then the caller ends with <see cref="EndReading"/>.</returns>
    internal bool BeginReading(object session)
    {
        _receiver = session;
        return TryBeginUse();
    }

    /// <summary>Lets the socket be closed while the session waits for something else.</summary>
    internal void PauseReading()
    {
        IsHeldBack = true;
        EndUse();
    }

    /// <summary>Continues after <see cref="PauseReading"/>; false if the connection was closed meanwhile.</summary>
    internal bool ResumeReading()
    {
        IsHeldBack = false;
        return TryBeginUse();
    }

    internal void EndReading() => EndUse();

    /// <inheritdoc cref="Engine.IO.Transport.IsTurnOver"/>
    internal bool IsTurnOver => _transport.IsTurnOver;

    /// <inheritdoc cref="Engine.IO.Transport.NextTurnAsync"/>
    internal ValueTask NextTurnAsync() => _transport.NextTurnAsync();

    internal ValueTask WaitReadableAsync() => _transport.WaitReadableAsync(CancellationToken.None);

    /// <summary>How many bytes of the stream have arrived, also those that were not received yet; perhaps a few more over TLS.</summary>
    internal long Arrived
    {
        get
        {
            if (!TryBeginUse())
            {
                return BytesReceived;
            }

            try
            {
                return BytesReceived + _transport.Waiting;
            }
            catch (SocketException)
            {
                return BytesReceived; // whoever reads next is told
            }
            finally
            {
                EndUse();
            }
        }
    }

    /// <summary>
    /// Reads once into the frame reader; returns the number of bytes, 0 at the end of the stream, -1 if there is nothing
    /// yet.
    /// </summary>
    internal int Receive(FrameReader.Lease lease)
    {
        int count = _transport.TryReceive(lease.Free);
        if (count > 0)
        {
            lease.Advance(count);
            BytesReceived += count;
            Touch();
        }
        else if (count == 0)
        {
            _receiveClosed = true;
        }

        return count;
    }

    internal void CountReceived() => MessagesReceived++;

    internal TcpMessage NewMessage(ReadOnlySpan<byte> payload, bool truncated = false)
        => new(this, payload.ToArray(), MessagesReceived, Reader.Reads, truncated);

    /// <summary>
    /// Ends an incomplete message at the end of the stream. After this side has closed the connection, there is none: its
    /// peer did not cut it off.
    /// </summary>
    /// <param name="keeps">Whether a message is made of what came.</param>
    /// <returns>The truncated message; null if there is none or it is not kept.</returns>
    internal TcpMessage? EndMessage(bool keeps)
    {
        int left = IsClosed ? 0 : Reader.Pending;
        if (left == 0)
        {
            return null;
        }

        CountReceived();
        Truncation = new NetLabException(FaultKind.TruncatedFrame, $"{Remote} ended the stream in the middle of a message: only {left} "
            + $"bytes of a {Framing} frame arrived. {(keeps ? "They are kept as a message with Truncated set." : "They were not kept.")}");
        return keeps ? NewMessage(Reader.TakeRest(), truncated: true) : null;
    }

    /// <summary>The fault of an incomplete message at the end of the stream; null if there is none, or not yet.</summary>
    internal NetLabException? Truncation { get; private set; }

    /// <summary>Returns the messages that were received last and not used, in their order: they are the next again.</summary>
    internal void PutBack(IReadOnlyCollection<TcpMessage> messages)
    {
        if (messages.Count > 0)
        {
            lock (_gate)
            {
                _putBack = new Queue<TcpMessage>(messages.Concat(_putBack ?? []));
            }
        }
    }

    private bool TryTakeEarlier(out TcpMessage? message)
    {
        message = null;
        if (_putBack is null)
        {
            return false;
        }

        lock (_gate)
        {
            return _putBack.TryDequeue(out message);
        }
    }

    /// <summary>Waits for the next message; null at the end of the stream, or when this side has closed the connection.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="until">
    /// Null to wait. Otherwise nothing is read once so many bytes of the stream were received, and it counts as cancelled when no message
    /// has arrived.
    /// </param>
    /// <param name="looks">Whether to look at the clock: if the turn of the receiver is over, others go first.</param>
    /// <exception cref="NetLabException">The connection failed, or already has a receiver.</exception>
    internal async ValueTask<TcpMessage?> ReceiveAsync(CancellationToken cancellationToken, long? until = null, bool looks = false)
    {
        if (!Enter())
        {
            return null;
        }

        try
        {
            if (looks && IsTurnOver)
            {
                await NextTurnAsync().ConfigureAwait(false);
            }

            while (true)
            {
                if (TryTakeEarlier(out TcpMessage? message) || TryTake(receives: false, out message))
                {
                    return message;
                }

                if (Reader.IsUndecided)
                {
                    await DecideAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }

                if (_receiveClosed)
                {
                    return null;
                }

                long before = BytesReceived;
                if (before >= until)
                {
                    throw new OperationCanceledException();
                }

                if (until is null)
                {
                    // Where there is always something to read, nothing waits, and so nothing else looks at the token.
                    cancellationToken.ThrowIfCancellationRequested();
                    await _transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await _transport.PollAsync().ConfigureAwait(false);
                }

                if (TryTake(receives: true, out message))
                {
                    return message;
                }

                if (until is not null && BytesReceived == before && !_receiveClosed)
                {
                    throw new OperationCanceledException();
                }
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            if (IsClosed && error is not NetLabException)
            {
                return null; // closed on this side while waiting
            }

            throw Fail(error);
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Discards what arrives, until the end of the stream.</summary>
    /// <returns>The fault if the peer ended the stream with a reason; null for any other end.</returns>
    internal async Task<NetLabException?> DiscardAsync(CancellationToken cancellationToken)
    {
        if (!Enter())
        {
            return null;
        }

        try
        {
            await _transport.DiscardAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (NetLabException fault)
        {
            return Fail(fault);
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // An error also ends the stream.
            WasReset |= Engine.IO.Transport.IsResetError(error) && !IsClosed;
            return null;
        }
        finally
        {
            Exit();
        }
    }

    private bool Enter()
    {
        object? other = Interlocked.CompareExchange(ref _receiver, this, null);
        if (other is not null)
        {
            throw new NetLabException(FaultKind.ConnectionBusy, other is TcpSession
                ? $"Connection {Id} belongs to the server on {Local}, which reads it. Take its messages from the server: "
                    + "Receive-TcpMessage -Job; a script block of the server gets each as $_."
                : $"Connection {Id} already has a receiver, and can have only one at a time. Wait for it to finish, or stop it.");
        }

        if (TryBeginUse())
        {
            return true;
        }

        Volatile.Write(ref _receiver, null);
        return false;
    }

    private void Exit()
    {
        Volatile.Write(ref _receiver, null);
        EndUse();
    }

    /// <summary>
    /// Takes the next message; if <paramref name="receives"/>, reads first. At the end of the stream, takes an incomplete
    /// message.
    /// </summary>
    private bool TryTake(bool receives, out TcpMessage? message)
    {
        message = null;
        using FrameReader.Lease lease = Reader.Lend();
        if (receives && Receive(lease) == 0 && (message = EndMessage(keeps: true)) is not null)
        {
            return true;
        }

        FrameStatus status = Reader.TryRead(out ReadOnlySpan<byte> payload, out long length);
        AnswerPeer();
        switch (status)
        {
            case FrameStatus.Complete:
                CountReceived();
                message = NewMessage(payload);
                return true;
            case FrameStatus.TooLong or FrameStatus.Malformed:
                throw Refuse(status, length);
            default:
                return false;
        }
    }
}
