using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.IO;

/// <summary>Makes the sockets that listen and connect.</summary>
internal static class StreamSocket
{
    /// <summary>A stream socket for an endpoint of any family; only IP has a protocol to name.</summary>
    internal static Socket For(EndPoint endPoint)
        => new(endPoint.AddressFamily, SocketType.Stream, endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
}
