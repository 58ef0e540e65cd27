using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>A plain TCP socket on Linux, served by an <see cref="EpollLoop"/>: one system call per read and per write.</summary>
internal sealed class EpollTransport : Transport
{
    // How much of a file is checked, and then sent, at a time.
    private const long FileBytesPerPiece = 256 * 1024;

    // With a whole file queued, most of it is sent in response to acknowledgements: over loopback, on the processor that the
    // client needs for reading. With little queued, the sender's processor does that work, which is 1.5 times as fast.
    private const int MostBytesUnsent = 32 * 1024;

    private const long TakesNone = -1;
    private const long NotThisFile = -2;

    private readonly EpollSocket _epoll;
    private bool _hasFewUnsent;

    internal EpollTransport(Socket socket, TurnGroup? group)
        : base(socket)
        => _epoll = new EpollSocket(socket.SafeHandle, group);

    /// <param name="socket">A socket that has just connected.</param>
    /// <param name="epoll">What has watched it meanwhile.</param>
    internal EpollTransport(Socket socket, EpollSocket epoll)
        : base(socket)
        => _epoll = epoll;

    internal override bool SendsFilesWithoutCopy => true;

    internal override bool IsKnownBroken => _epoll.IsBroken;

    internal override Action? Broken
    {
        get => _epoll.Broken;
        set => _epoll.Broken = value;
    }

    internal override bool IsTurnOver => _epoll.IsTurnOver;

    internal override ValueTask NextTurnAsync() => _epoll.NextTurnAsync(CancellationToken.None);

    internal override ValueTask WaitReadableAsync(CancellationToken cancellationToken) => _epoll.WaitReadableAsync(cancellationToken);

    private protected override unsafe int ReceiveNow(Span<byte> buffer)
    {
        if (!_epoll.BeginRead())
        {
            return 0;
        }

        nint count;
        fixed (byte* start = buffer)
        {
            count = SocketCalls.Receive(_epoll.Handle, start, (nuint)buffer.Length, 0);
        }

        if (count < 0)
        {
            return _epoll.WouldBlock() ? -1 : ReceiveNow(buffer);
        }

        HasPeerEnded = count == 0;
        _epoll.EndRead(mayHaveMore: count == buffer.Length || count == 0);
        return (int)count;
    }

    private protected override int SendNow(ReadOnlySpan<byte> data) => SendNow(data, SocketCalls.NoSignal);

    private protected override int SendNow(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, SafeFileHandle? file, long offset)
    {
        if (second.IsEmpty)
        {
            return SendNow(first);
        }

        if (file is null || !FileCalls.HasSendFile)
        {
            return SendNow(first, second);
        }

        // More will follow, so the head is not sent in a packet of its own (send(2), MSG_MORE).
        int sent = SendNow(first, SocketCalls.NoSignal | SocketCalls.More);
        return sent == first.Length ? sent + (int)Math.Max(TrySendFile(file, offset, second.Length), 0) : sent;
    }

    private protected override async ValueTask SendAllAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (true)
        {
            // A peer that takes as fast as this sends would keep the loop from others.
            if (LoopThread.IsTurnOver)
            {
                SendWaits?.OnPaused();
                await _epoll.NextSendTurnAsync(cancellationToken).ConfigureAwait(false);
                SendWaits?.OnResumed();
            }

            int sent = SendNow(data.Span);

            // After the attempt, because the attempt clears the signal of an earlier interruption.
            if (_epoll.IsInterrupted)
            {
                throw new SocketException((int)SocketError.Shutdown);
            }

            data = data[sent..];
            if (data.IsEmpty)
            {
                return;
            }

            SendWaits?.OnPaused();
            await _epoll.Write.WaitAsync(cancellationToken).ConfigureAwait(false);
            SendWaits?.OnResumed();
        }
    }

    /// <inheritdoc/>
    /// <remarks>sendfile(2): the bytes go from the page cache to the socket without a copy.</remarks>
    private protected override async ValueTask<long> SendFileUnseenAsync(
        SafeFileHandle file, long offset, long count, Action<long> onProgress, CancellationToken cancellationToken)
    {
        if (!FileCalls.HasSendFile)
        {
            return await base.SendFileUnseenAsync(file, offset, count, onProgress, cancellationToken).ConfigureAwait(false);
        }

        LimitUnsent();
        long sent = 0;
        long endOfPiece = 0;
        while (sent < count)
        {
            if (sent == endOfPiece)
            {
                endOfPiece = Math.Min(sent + FileBytesPerPiece, count);
                SendWaits?.OnPaused();
                if (LoopThread.IsCurrent && (LoopThread.IsTurnOver || !IsInMemory(file, offset + endOfPiece - 1)))
                {
                    // The disk may be slow, or the client takes as fast as this sends, and the loop has other sockets to serve.
                    await LoopThread.Leave();
                }
                else if (sent > 0 && !LoopThread.IsCurrent && ThreadPool.PendingWorkItemCount > 0)
                {
                    await Task.Yield(); // the rest of the pool's work goes first
                }

                SendWaits?.OnResumed();
            }

            long now = TrySendFile(file, offset + sent, endOfPiece - sent);
            if (now > 0)
            {
                sent += now;
                onProgress(now);
            }

            if (_epoll.IsInterrupted)
            {
                throw new SocketException((int)SocketError.Shutdown);
            }

            switch (now)
            {
                case 0:
                    return sent; // the file ends here
                case TakesNone:
                    SendWaits?.OnPaused();
                    await _epoll.Write.WaitAsync(cancellationToken).ConfigureAwait(false);
                    SendWaits?.OnResumed();
                    break;
                case NotThisFile:
                    return sent + await base.SendFileUnseenAsync(
                        file, offset + sent, count - sent, onProgress, cancellationToken).ConfigureAwait(false);
            }
        }

        return sent;
    }

    private unsafe int SendNow(ReadOnlySpan<byte> data, int flags)
    {
        data = data[..Math.Min(data.Length, MostBytesPerCall)];
        _epoll.Write.Clear();
        nint count;
        fixed (byte* start = data)
        {
            count = SocketCalls.Send(_epoll.Handle, start, (nuint)data.Length, flags);
        }

        return EndSend(count, data.Length, out bool again) is var sent && again ? SendNow(data, flags) : sent;
    }

    private unsafe int SendNow(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        second = second[..Math.Min(second.Length, MostBytesPerCall)];
        _epoll.Write.Clear();
        nint count;
        fixed (byte* firstStart = first, secondStart = second)
        {
            IoVector* vectors = stackalloc IoVector[2];
            vectors[0] = new IoVector { Start = firstStart, Length = (nuint)first.Length };
            vectors[1] = new IoVector { Start = secondStart, Length = (nuint)second.Length };
            MessageHeader message = new() { Vectors = vectors, VectorCount = 2 };
            count = SocketCalls.Send(_epoll.Handle, &message, SocketCalls.NoSignal);
        }

        return EndSend(count, first.Length + second.Length, out bool again) is var sent && again ? SendNow(first, second) : sent;
    }

    /// <summary>
    /// Makes the system accept more only when little of its send buffer is still unsent (tcp_notsent_lowat in the kernel's
    /// ip-sysctl).
    /// </summary>
    private void LimitUnsent()
    {
        if (_hasFewUnsent)
        {
            return;
        }

        _hasFewUnsent = true;
        try
        {
            int bytes = MostBytesUnsent;
            Socket.SetRawSocketOption(
                SocketCalls.LevelTcp, SocketCalls.NotSentLowWaterMark, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in bytes)));
        }
        catch (SocketException)
        {
            // A kernel without the option still sends.
        }
    }

    /// <summary>
    /// Whether a byte of a file can be read without waiting for the disk; the system reads ahead, so usually those before
    /// it can as well.
    /// </summary>
    private static unsafe bool IsInMemory(SafeFileHandle file, long offset)
    {
        if (!FileCalls.HasRead)
        {
            return false; // cannot tell without preadv2(2)
        }

        byte last;
        IoVector vector = new() { Start = &last, Length = 1 };
        return FileCalls.Read(file, &vector, 1, offset, FileCalls.DoNotWait) >= 0;
    }

    /// <summary>The result of a send call, and whether it must be repeated.</summary>
    private int EndSend(nint count, int wanted, out bool again)
    {
        again = count < 0 && !_epoll.WouldBlock();
        if (count == wanted)
        {
            _epoll.Write.Signal();
        }

        return (int)Math.Max(count, 0);
    }

    /// <returns>The bytes sent, 0 at the end of the file; <see cref="TakesNone"/> if the system accepts none now,
    /// <see cref="NotThisFile"/> if the file system does not support the call.</returns>
    private unsafe long TrySendFile(SafeFileHandle file, long offset, long count)
    {
        _epoll.Write.Clear();
        while (true)
        {
            nint sent = FileCalls.SendFile(_epoll.Handle, file, &offset, (nuint)count);
            if (sent >= 0 || Marshal.GetLastPInvokeError() is Errno.EINVAL or Errno.ENOSYS)
            {
                _epoll.Write.Signal();
                return sent < 0 ? NotThisFile : sent;
            }

            if (_epoll.WouldBlock())
            {
                return TakesNone;
            }
        }
    }

    internal override void Interrupt() => _epoll.Interrupt();

    private protected override void Resume() => _epoll.Resume();

    public override void Dispose()
    {
        _epoll.Leave();
        base.Dispose();
    }
}
