using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Tcp;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>Both steps of a start at once, for the tests that have nothing to do in between.</summary>
internal static class Starting
{
    internal static TcpServer Started(this TcpServer server)
    {
        server.Run();
        return server;
    }

    internal static HttpServer Started(this HttpServer server)
    {
        server.Run();
        return server;
    }

    internal static UdpServer Started(this UdpServer server)
    {
        server.Run();
        return server;
    }
}
