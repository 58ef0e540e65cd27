using System.Net.Sockets;

namespace PSNetLab.Engine;

/// <summary>A plain TCP socket on Linux, served by an <see cref="EpollLoop"/>: one system call per read and per write.</summary>
internal sealed class EpollTransport : Transport
{
    private readonly EpollSocket _epoll;

    internal EpollTransport(Socket socket)
        : base(socket)
        => _epoll = new EpollSocket(socket);

    internal override ValueTask WaitReadableAsync(CancellationToken cancellationToken) => _epoll.WaitReadableAsync(cancellationToken);

    internal override unsafe int TryReceive(Span<byte> buffer)
    {
        if (!_epoll.BeginRead())
        {
            return 0;
        }

        nint count;
        fixed (byte* start = buffer)
        {
            count = LibC.Receive(_epoll.Handle, start, (nuint)buffer.Length, 0);
        }

        if (count < 0)
        {
            return _epoll.WouldBlock() ? -1 : TryReceive(buffer);
        }

        _epoll.EndRead(mayHaveMore: count == buffer.Length || count == 0);
        return (int)count;
    }

    internal override unsafe int TrySend(ReadOnlySpan<byte> data)
    {
        _epoll.Write.Clear();
        nint count;
        fixed (byte* start = data)
        {
            count = LibC.Send(_epoll.Handle, start, (nuint)data.Length, LibC.NoSignal);
        }

        if (count < 0)
        {
            return _epoll.WouldBlock() ? 0 : TrySend(data);
        }

        if (count == data.Length)
        {
            _epoll.Write.Signal();
        }

        return (int)count;
    }

    internal override async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (true)
        {
            int sent = TrySend(data.Span);

            // After the attempt, which clears the signal that an interruption gave before it.
            if (_epoll.IsInterrupted)
            {
                throw new SocketException((int)SocketError.Shutdown);
            }

            data = data[sent..];
            if (data.IsEmpty)
            {
                return;
            }

            await _epoll.Write.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal override void Interrupt() => _epoll.Interrupt();

    public override void Dispose()
    {
        _epoll.Leave();
        base.Dispose();
    }
}
