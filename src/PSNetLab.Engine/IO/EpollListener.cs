using System.Net.Sockets;
using PSNetLab.Engine.Native.Linux;

namespace PSNetLab.Engine.IO;

/// <summary>
/// A listener on Linux, served by an <see cref="EpollLoop"/>: the runtime's accept would send each connection through the
/// thread pool first.
/// </summary>
internal sealed class EpollListener : StreamListener
{
    private readonly object _gate = new();
    private EpollSocket? _epoll;

    internal EpollListener(Socket socket, Action<Func<NetLabException>> onFault)
        : base(socket, onFault)
        => socket.Blocking = false;

    private protected override async ValueTask<Socket?> AcceptOneAsync()
    {
        EpollSocket listener = _epoll ?? Register();
        while (true)
        {
            await listener.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
            if (!listener.BeginRead())
            {
                return null;
            }

            int descriptor = Accept();
            if (descriptor >= 0 || !listener.WouldBlock())
            {
                listener.EndRead(mayHaveMore: true);
            }

            if (descriptor >= 0 && StreamSocket.Connected(new SafeSocketHandle(descriptor, ownsHandle: true)) is { } socket)
            {
                return socket;
            }
        }
    }

    internal override IReadOnlyList<Socket> TakeWaiting()
    {
        List<Socket> taken = [];
        for (int descriptor = Accept(); descriptor >= 0; descriptor = Accept())
        {
            if (StreamSocket.Connected(new SafeSocketHandle(descriptor, ownsHandle: true)) is { } socket)
            {
                Descriptors.Note(socket);
                taken.Add(socket);
            }
        }

        return taken;
    }

    private protected override void Interrupt()
    {
        EpollSocket? epoll;
        lock (_gate)
        {
            epoll = _epoll;
        }

        epoll?.Leave();
        epoll?.Interrupt();
    }

    private int Accept() => SocketCalls.Accept(Socket.SafeHandle, 0, 0, SocketCalls.NonBlocking | SocketCalls.CloseOnExec);

    private EpollSocket Register()
    {
        // A listener that was closed gives no event, so one that is being closed must not be waited for.
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return _epoll = new EpollSocket(Socket.SafeHandle, Group);
        }
    }
}
