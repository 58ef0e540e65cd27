using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Tests;

/// <summary>Clients that fetch the same answer over and over, one at a time each, from a thread of their own.</summary>
internal sealed class Downloads : IDisposable
{
    private readonly Thread _thread;
    private long _received;
    private volatile bool _stopping;

    /// <param name="server">The server.</param>
    /// <param name="clients">How many clients there are.</param>
    /// <param name="request">What each sends.</param>
    /// <param name="contentBytes">The length of the content that it gets.</param>
    internal Downloads(EndPoint server, int clients, byte[] request, int contentBytes)
    {
        int length = Measure(server, request, contentBytes);
        _thread = new Thread(() => Run(server, clients, request, length)) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many bytes have come.</summary>
    internal long Received => Volatile.Read(ref _received);

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
    }

    /// <summary>The length of the answer with its head.</summary>
    private static int Measure(EndPoint server, byte[] request, int contentBytes)
    {
        using Socket socket = Flood.Connect(server);
        socket.Send(request);
        byte[] start = new byte[4096];
        int count = 0;
        while (true)
        {
            count += socket.Receive(start.AsSpan(count));
            int headLength = start.AsSpan(0, count).IndexOf("\r\n\r\n"u8) + 4;
            if (headLength >= 4)
            {
                return headLength + contentBytes;
            }
        }
    }

    private void Run(EndPoint server, int clients, byte[] request, int length)
    {
        Socket[] sockets = [.. Enumerable.Range(0, clients).Select(_ => Flood.Connect(server))];
        int[] left = new int[clients];
        byte[] buffer = new byte[256 * 1024];
        Array.ForEach(sockets, socket => socket.Blocking = false);
        while (!_stopping)
        {
            for (int i = 0; i < clients; i++)
            {
                if (left[i] == 0)
                {
                    sockets[i].Send(request);
                    left[i] = length;
                }

                int count = Math.Max(
                    0, sockets[i].Receive(buffer.AsSpan(0, Math.Min(buffer.Length, left[i])), SocketFlags.None, out SocketError _));
                left[i] -= count;
                Volatile.Write(ref _received, _received + count);
            }
        }

        Array.ForEach(sockets, socket => socket.Dispose());
    }
}
