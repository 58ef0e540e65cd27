using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Tests;

/// <summary>
/// Peers that send the same bytes over and over, as fast as they are taken, and throw away what comes back, from a thread of their
/// own.
/// </summary>
internal sealed class Flood : IDisposable
{
    private readonly Socket[] _sockets;
    private readonly int[] _offsets;
    private readonly byte[] _bytes;
    private readonly Thread _thread;
    private long _sent;
    private volatile bool _stopping;

    /// <param name="sockets">Connected sockets, which are closed at the end.</param>
    /// <param name="bytes">What each sends.</param>
    internal Flood(Socket[] sockets, byte[] bytes)
    {
        _sockets = sockets;
        _offsets = new int[sockets.Length];
        _bytes = bytes;
        Array.ForEach(sockets, socket => socket.Blocking = false);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many bytes were taken.</summary>
    internal long Sent => Volatile.Read(ref _sent);

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        Array.ForEach(_sockets, socket => socket.Dispose());
    }

    internal static Socket Connect(EndPoint server, ProtocolType protocol = ProtocolType.Tcp)
    {
        SocketType type = protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram;
        Socket socket = new(server.AddressFamily, type, protocol) { ReceiveTimeout = 10_000 };
        socket.Connect(server);
        return socket;
    }

    private void Run()
    {
        byte[] received = new byte[256 * 1024];
        while (!_stopping)
        {
            bool wasIdle = true;
            for (int i = 0; i < _sockets.Length; i++)
            {
                int sent = _sockets[i].Send(_bytes.AsSpan(_offsets[i]), SocketFlags.None, out SocketError _);
                if (sent > 0)
                {
                    wasIdle = false;
                    Volatile.Write(ref _sent, _sent + sent);
                    _offsets[i] = (_offsets[i] + sent) % _bytes.Length;
                }

                wasIdle &= _sockets[i].Receive(received, SocketFlags.None, out SocketError _) <= 0;
            }

            if (wasIdle)
            {
                Thread.Sleep(1);
            }
        }
    }
}
