using System.Buffers;
using System.Net.Sockets;
using System.Security.Cryptography;
using PSNetLab.Engine.Tcp;

namespace PSNetLab;

/// <content>Sending: any number of senders, who take turns.</content>
public sealed partial class TcpConnection
{
    private const int PieceBytes = 64 * 1024;

    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <summary>How fast it may send; null for as fast as it can.</summary>
    internal Pace? Pace { get; init; }

    /// <summary>Ends the connection, for the reason given, because its peer does not take what it is sent.</summary>
    internal Action<string> GiveUp { get; set; } = _ => { };

    internal TcpMessage NewSentMessage(byte[] payload, long sequence) => new(this, payload, sequence, 0, truncated: false);

    /// <summary>Sends encoded frames, whole and in order. The data is not used after this returns.</summary>
    /// <exception cref="SocketException">The connection is closed, or failed.</exception>
    /// <exception cref="NetLabException">This side has ended sending.</exception>
    internal ValueTask SendAsync(ReadOnlySpan<byte> frames, int messages, CancellationToken cancellationToken)
    {
        if (!TryBeginUse())
        {
            throw new SocketException((int)SocketError.Shutdown);
        }

        bool hasTurn = _sending.Wait(0, CancellationToken.None);
        int sent = 0;
        if (hasTurn && Pace is null)
        {
            try
            {
                sent = SendNow(frames);
            }
            catch
            {
                _sending.Release();
                EndUse();
                throw;
            }

            if (sent == frames.Length)
            {
                MessagesSent += messages;
                _sending.Release();
                EndUse();
                return default;
            }
        }

        byte[] rest = ArrayPool<byte>.Shared.Rent(frames.Length - sent);
        frames[sent..].CopyTo(rest);
        Memory?.Change(rest.Length);
        return SendRestAsync(rest, frames.Length - sent, messages, hasTurn, cancellationToken);
    }

    /// <summary>Ends the sending side (half-close), after anything that is being sent.</summary>
    internal async ValueTask HalfCloseAsync(CancellationToken cancellationToken)
    {
        if (!TryBeginUse())
        {
            return;
        }

        bool hasTurn = false;
        try
        {
            await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
            hasTurn = true;
            if (!_sendClosed && !IsClosed)
            {
                _sendClosed = true;
                await _transport.ShutdownSendAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or CryptographicException
            || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The connection has already ended.
        }
        finally
        {
            if (hasTurn)
            {
                _sending.Release();
            }

            EndUse();
        }
    }

    /// <summary>Waits until all was sent that is being sent now, or could not be.</summary>
    internal async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (TryBeginUse())
        {
            try
            {
                await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
                _sending.Release();
            }
            finally
            {
                EndUse();
            }
        }
    }

    private int SendNow(ReadOnlySpan<byte> data)
    {
        ThrowIfSendingEnded();
        int sent = _transport.TrySend(data);
        BytesSent += sent;
        Touch();
        return sent;
    }

    private void ThrowIfSendingEnded()
    {
        if (IsClosed)
        {
            throw new SocketException((int)SocketError.Shutdown);
        }

        if (_sendClosed)
        {
            throw TcpFaults.SendingEnded(Remote);
        }
    }

    private async ValueTask SendRestAsync(byte[] rented, int length, int messages, bool hasTurn, CancellationToken cancellationToken)
    {
        // With the turn, part of the data may already have been sent.
        bool begun = hasTurn;
        try
        {
            if (!hasTurn)
            {
                await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
                hasTurn = true;
            }

            begun = true;
            int sent = Pace is null ? SendNow(rented.AsSpan(0, length)) : 0;
            while (sent < length)
            {
                // In pieces, so that progress with a slow reader is visible.
                int piece = Math.Min(length - sent, Pace?.PieceBytes ?? PieceBytes);
                if (Pace is not null)
                {
                    await DelayAsync(Pace.Take(piece), Pace.Clock, cancellationToken).ConfigureAwait(false);
                    ThrowIfSendingEnded();
                }

                await _transport.SendAsync(rented.AsMemory(sent, piece), cancellationToken).ConfigureAwait(false);
                sent += piece;
                BytesSent += piece;
                Touch();
            }

            MessagesSent += messages;
        }
        catch (OperationCanceledException) when (begun)
        {
            // Half a frame was sent: the peer would read whatever follows as the rest of it.
            Close(TcpCloseReason.LocalReset, "Sending stopped in the middle of a message.");
            throw;
        }
        finally
        {
            if (hasTurn)
            {
                _sending.Release();
            }

            ArrayPool<byte>.Shared.Return(rented);
            Memory?.Change(-rented.Length);
            EndUse();
        }
    }
}
