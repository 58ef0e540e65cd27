using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Tests;

/// <summary>Ports for tests that have to know one beforehand, or take it again after its server; all others take 0.</summary>
internal static class Ports
{
    /// <summary>
    /// A free one of loopback, below those that systems hand out, so that nobody gets it by chance: not for TCP and not for UDP.
    /// </summary>
    internal static IPEndPoint Free()
    {
        while (true)
        {
            IPEndPoint endPoint = new(IPAddress.Loopback, Random.Shared.Next(15_000, 32_000));
            try
            {
                using Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                tcp.Bind(endPoint);
                udp.Bind(endPoint);
                return endPoint;
            }
            catch (SocketException)
            {
                // It is taken: another one.
            }
        }
    }
}
