using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Proxies;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tests;

public class TcpProxyTests
{
    /// <summary>
    /// As after a change of the name server: when the proxy starts, nobody can know. It listens where anybody may have listened a moment
    /// ago, so a client of another test may come as well.
    /// </summary>
    [Fact]
    public async Task A_proxy_never_dials_itself_whatever_its_server_s_name_means_now()
    {
        TaskCompletionSource<NetLabException> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        IPEndPoint endPoint = Ports.Free();
        TcpProxyOptions options = new()
        {
            EndPoint = endPoint,
            Upstream = new DialOptions { Host = "localhost", Port = endPoint.Port },
            UpstreamFailed = (_, fault) => failed.TrySetResult(fault),
        };
        StreamServer proxy = StreamServer.Bind(options, new TcpProxyHandler(options)).Started(new TestObserver());
        using (Peer client = await Peer.ConnectAsync(proxy.LocalEndPoint))
        {
            NetLabException fault = await failed.Task.Soon();
            Assert.Equal(FaultKind.ProxyLoop, fault.Kind);
            Assert.Empty(await client.ReadToEndAsync());
            Assert.Equal(1, proxy.Totals.MessagesReceived);
        }

        proxy.Stop();
        await proxy.Completion.Soon();
    }

    /// <summary>Both directions find out at once that the connection has ended, while a fault is still being told of.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_end_by_a_fault_is_of_its_kind_however_long_it_takes_to_tell_of_it(bool isReset)
    {
        using Socket upstream = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        upstream.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        upstream.Listen();
        using SemaphoreSlim told = new(0);
        // Not disposed: if the test fails, the thread that tells is still in them, and an exception there would end the process.
        ManualResetEventSlim sent = new();
        ManualResetEventSlim closed = new();
        FaultTable faults = new(1, isStream: true)
        {
            FirstHit = (_, _) =>
            {
                told.Release();
                sent.Wait(Waiting.Limit);
                closed.Wait(TimeSpan.FromMilliseconds(300));
            },
        };
        (StreamServer proxy, ProxyObserver observer) = Started(upstream, faults);
        using Peer client = await Peer.ConnectAsync(proxy.LocalEndPoint);
        using Peer server = new(await upstream.AcceptAsync().Soon());
        await PassAsync(client, server);
        await PassAsync(server, client);

        faults.Add([new NetFault(new NetFaultSpec { Reset = isReset, Close = !isReset, Direction = NetFaultDirection.ToServer })]);
        await told.WaitAsync().Soon();
        await Task.WhenAll(client.SendAsync("x"), server.SendAsync("y"));
        sent.Set();
        bool[] isClosed = await Task.WhenAll(IsClosedAsync(client), IsClosedAsync(server));

        Assert.Equal([!isReset, !isReset], isClosed);
        Assert.Equal(ProxyCloseReason.Fault, await observer.Closed.Task.Soon());
        proxy.Stop();
        await proxy.Completion.Soon();

        async Task<bool> IsClosedAsync(Peer peer)
        {
            try
            {
                while (await peer.Stream.ReadAsync(new byte[10]).Soon() > 0)
                {
                }

                return true;
            }
            catch (IOException)
            {
                return false;
            }
            finally
            {
                closed.Set();
            }
        }
    }

    [Fact]
    public async Task A_client_that_sends_single_bytes_is_held_back_before_they_take_much_memory()
    {
        using Socket upstream = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        upstream.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        upstream.Listen();
        FaultTable faults = new(1, isStream: true);
        faults.Add([new NetFault(new NetFaultSpec { Stall = true })]);
        (StreamServer proxy, ProxyObserver observer) = Started(upstream, faults, bufferLimit: 64 * 1024);
        using Peer client = await Peer.ConnectAsync(proxy.LocalEndPoint);
        ProxyPipe pipe = (await observer.Opened.Task.Soon()).ToServer;

        int sent = 0;
        while (!pipe.IsHeldBack && sent < 5000)
        {
            await client.SendAsync("x");
            sent++;
            await Waiting.Until(() => pipe.Received == sent || pipe.IsHeldBack);
        }

        Assert.InRange(sent, 900, 1100);
        proxy.Stop();
        await proxy.Completion.Soon();
    }

    private static async Task PassAsync(Peer from, Peer to)
    {
        await from.SendAsync("a");
        await to.ReadAsync(1);
    }

    private static (StreamServer Proxy, ProxyObserver Observer) Started(
        Socket upstream, FaultTable faults, int bufferLimit = TcpProxyOptions.DefaultBufferLimit)
    {
        TcpProxyOptions options = new()
        {
            EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Upstream = new DialOptions { Host = "127.0.0.1", Port = ((IPEndPoint)upstream.LocalEndPoint!).Port },
            Faults = faults,
            BufferLimit = bufferLimit,
        };
        ProxyObserver observer = new();
        return (StreamServer.Bind(options, new TcpProxyHandler(options)).Started(observer), observer);
    }

    /// <summary>Keeps a connection, and why it ended, as it is when that is told.</summary>
    private sealed class ProxyObserver : IStreamServerObserver
    {
        internal TaskCompletionSource<TcpProxySession> Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TaskCompletionSource<ProxyCloseReason> Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        void IStreamServerObserver.Opened(IServedConnection connection) => Opened.TrySetResult((TcpProxySession)connection);

        void IStreamServerObserver.Closed(IServedConnection connection)
            => Closed.TrySetResult(((TcpProxySession)connection).Connection.CloseReason);

        void IStreamServerObserver.Refused(IPEndPoint remote)
        {
        }

        void IStreamServerObserver.Faulted(NetLabException fault, EndPoint target)
        {
        }
    }
}
