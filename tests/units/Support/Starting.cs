using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>Servers as the jobs make them, and both steps of a start at once for the tests that have nothing to do in between.</summary>
internal static class Starting
{
    internal static StreamServer Bind(TcpServerOptions options) => StreamServer.Bind(options, new TcpMessageHandler(options));

    internal static StreamServer Bind(StaticSiteOptions options)
        => StreamServer.Bind(options, new HttpStreamHandler(options, new StaticSiteHandler(options)));

    internal static StreamServer Started(this StreamServer server, IStreamServerObserver observer)
    {
        server.Run(observer);
        return server;
    }

    internal static UdpServer Started(this UdpServer server)
    {
        server.Run();
        return server;
    }

    internal static TcpConnection[] TcpConnections(this StreamServer server)
        => Array.ConvertAll(server.Connections, connection => ((TcpSession)connection).Connection);

    /// <summary>Opens a port that was open before. In between, the system may have given it to a client of somebody else.</summary>
    internal static async Task<T> WhenFree<T>(Func<T> open)
        where T : class
    {
        T? opened = null;
        await Waiting.Until(() =>
        {
            try
            {
                opened = open();
                return true;
            }
            catch (NetLabException fault) when (fault.Kind == FaultKind.PortInUse)
            {
                return false;
            }
        });
        return opened!;
    }
}
