using System.Net.Sockets;

namespace PSNetLab.Engine.Tests;

/// <summary>Sockets whose peer does not read.</summary>
internal static class Filling
{
    /// <summary>Fills a socket until not even the alert that ends a TLS stream finds room.</summary>
    internal static void Fill(this Socket socket)
    {
        socket.Blocking = false;
        byte[] filling = new byte[64 * 1024];
        for (SocketError error = SocketError.Success; error == SocketError.Success;)
        {
            socket.Send(filling, SocketFlags.None, out error);
        }
    }
}
