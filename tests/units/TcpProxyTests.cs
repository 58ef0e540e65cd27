using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Proxies;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tests;

public class TcpProxyTests
{
    /// <summary>As after a change of the name server: when the proxy starts, nobody can know.</summary>
    [Fact]
    public async Task A_proxy_never_dials_itself_whatever_its_server_s_name_means_now()
    {
        TaskCompletionSource<NetLabException> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        StreamServer proxy = await Starting.WhenFree(() =>
        {
            int port = FreePort();
            TcpProxyOptions options = new()
            {
                EndPoint = new IPEndPoint(IPAddress.Loopback, port),
                Upstream = new DialOptions { Host = "localhost", Port = port },
                UpstreamFailed = (_, fault) => failed.TrySetResult(fault),
            };
            return StreamServer.Bind(options, new TcpProxyHandler(options));
        });
        proxy.Started(new TestObserver());
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

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
