using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>Connections as they come in, with epoll and without.</summary>
public class StreamListenerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_that_waited_are_accepted(bool portable)
    {
        using StreamListener listener = NewListener(portable);
        Peer[] peers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Peer.ConnectAsync(listener.LocalEndPoint)));
        HashSet<EndPoint> expected = [.. peers.Select(peer => peer.Socket.LocalEndPoint!)];

        for (int i = 0; i < peers.Length; i++)
        {
            using Socket? socket = await listener.AcceptAsync().Soon();
            Assert.True(expected.Remove(socket!.RemoteEndPoint!));
        }

        Array.ForEach(peers, peer => peer.Dispose());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_was_reset_while_it_waited_does_not_keep_others_out(bool portable)
    {
        using StreamListener listener = NewListener(portable);
        for (int i = 0; i < 3; i++)
        {
            Peer gone = await Peer.ConnectAsync(listener.LocalEndPoint);
            gone.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
            gone.Dispose();
        }

        using Peer here = await Peer.ConnectAsync(listener.LocalEndPoint);
        Socket? socket;
        do
        {
            socket = await listener.AcceptAsync().Soon();
            Assert.NotNull(socket?.RemoteEndPoint);
        }
        while (!here.Socket.LocalEndPoint!.Equals(socket.RemoteEndPoint));

        socket.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_of_listening_ends_the_wait(bool portable)
    {
        StreamListener listener = NewListener(portable);
        Task<Socket?> waiting = listener.AcceptAsync().AsTask();
        listener.Dispose();
        Assert.Null(await waiting.Soon());
        Assert.Null(await listener.AcceptAsync().Soon());
    }

    [Fact]
    public async Task A_lack_of_memory_is_reported_and_does_not_end_it()
    {
        List<string> faults = [];
        using FailingListener listener = new(fault => faults.Add(fault().Message), SocketError.NoBufferSpaceAvailable);
        using Peer peer = await Peer.ConnectAsync(listener.LocalEndPoint);

        using Socket? socket = await listener.AcceptAsync().Soon();

        Assert.NotNull(socket);
        Assert.Contains("cannot accept connections now", Assert.Single(faults));
    }

    [Fact]
    public async Task A_socket_that_cannot_listen_ends_it()
    {
        using FailingListener listener = new(fault => Assert.Fail(fault().Message), SocketError.InvalidArgument);

        SocketException error = await Assert.ThrowsAsync<SocketException>(() => listener.AcceptAsync().AsTask().Soon());

        Assert.Equal(SocketError.InvalidArgument, error.SocketErrorCode);
    }

    private static StreamListener NewListener(bool portable)
    {
        Action<Func<NetLabException>> onFault = fault => Assert.Fail(fault().Message);
        IPEndPoint endPoint = new(IPAddress.Loopback, 0);
        return portable ? new PortableListener(StreamListener.Bind(endPoint, 512), onFault) : StreamListener.Open(endPoint, 512, onFault);
    }

    /// <summary>A listener whose first attempt fails.</summary>
    private sealed class FailingListener(Action<Func<NetLabException>> onFault, SocketError first)
        : StreamListener(Bind(new IPEndPoint(IPAddress.Loopback, 0), 5), onFault)
    {
        private bool _hasFailed;

        private protected override async ValueTask<Socket?> AcceptOneAsync()
        {
            if (!_hasFailed)
            {
                _hasFailed = true;
                throw new SocketException((int)first);
            }

            return await Socket.AcceptAsync();
        }
    }
}
