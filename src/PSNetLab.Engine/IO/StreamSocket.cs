using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.IO;

/// <summary>Makes the sockets that listen and connect.</summary>
internal static class StreamSocket
{
    /// <summary>A stream socket for an endpoint of any family; only IP has a protocol to name.</summary>
    internal static Socket For(EndPoint endPoint)
        => new(endPoint.AddressFamily, SocketType.Stream, endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);

    /// <summary>A connection that was made without the runtime; null if it has been reset already, and then it is closed.</summary>
    internal static Socket? Connected(SafeSocketHandle handle)
    {
        Socket socket = new(handle);
        if (socket.RemoteEndPoint is not null)
        {
            return socket;
        }

        socket.Dispose();
        return null;
    }

    /// <summary>
    /// A socket that is bound without SO_REUSEADDR, which the runtime sets, except on Windows, when the protocol is named.
    /// </summary>
    internal static Socket WithoutReuse(EndPoint endPoint) => new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
}
