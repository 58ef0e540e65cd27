using System.Buffers.Binary;
using System.Net.Sockets;

namespace PSNetLab.Engine.Tests;

/// <summary>Sockets whose peer does not read.</summary>
internal static class Filling
{
    private const int TcpLevel = 6;
    private const int LinuxTcpInfo = 11;
    private const int UnacknowledgedAt = 24;

    /// <summary>Fills a socket until not even the alert that ends a TLS stream finds room, then or later.</summary>
    internal static void Fill(this Socket socket)
    {
        socket.Blocking = false;
        byte[] filling = new byte[64 * 1024];
        int full = 0;

        // What is still on its way to the peer makes room when it arrives there.
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                bool? isAtRest = IsAtRest(socket);
                socket.Send(filling, SocketFlags.None, out SocketError error);
                full = error == SocketError.WouldBlock ? full + 1 : 0;
                return full > 0 && (isAtRest ?? (full == 50));
            },
            Waiting.Limit));
    }

    /// <summary>Whether nothing is on its way; null if the system does not tell.</summary>
    private static bool? IsAtRest(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        byte[] info = new byte[UnacknowledgedAt + sizeof(int)];
        socket.GetRawSocketOption(TcpLevel, LinuxTcpInfo, info);
        return BinaryPrimitives.ReadInt32LittleEndian(info.AsSpan(UnacknowledgedAt)) == 0;
    }
}
