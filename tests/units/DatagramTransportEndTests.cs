using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>Nobody waits for a socket that is closed.</summary>
public class DatagramTransportEndTests
{
    [LinuxFact]
    public async Task Closing_ends_the_waiting_for_data()
    {
        if (!EpollDatagramTransport.IsSupported)
        {
            return;
        }

        DatagramTransport transport = Datagrams.Open(DatagramKind.Epoll);
        Task waiting = transport.WaitReadableAsync(CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);

        transport.Dispose();

        await waiting.Soon();
    }

    [LinuxFact]
    public async Task Closing_ends_the_waiting_for_room_and_the_next_attempt_finds_the_socket_closed()
    {
        if (!EpollDatagramTransport.IsSupported)
        {
            return;
        }

        // Over loopback, a UDP socket always has room; a Unix socket has none when its peer does not read (unix(7)).
        UnixDomainSocketEndPoint endPoint = new($"\0{nameof(DatagramTransportEndTests)}{Environment.ProcessId}");
        using Socket peer = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        peer.Bind(endPoint);
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Connect(endPoint);
        DatagramTransport transport = new EpollDatagramTransport(socket, bufferBytes: 1);
        Task waiting = Task.CompletedTask;
        await Waiting.Until(() =>
        {
            while (transport.TrySend("x"u8, to: null, from: null))
            {
            }

            waiting = transport.WaitWritableAsync(CancellationToken.None).AsTask();
            return !waiting.IsCompleted;
        });

        transport.Dispose();

        await waiting.Soon();
        Assert.Throws<ObjectDisposedException>(() => transport.TrySend("x"u8, to: null, from: null));
    }
}
