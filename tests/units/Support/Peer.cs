using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PSNetLab.Engine.Tests;

/// <summary>The other side: a plain socket of the runtime, with nothing of the engine in it.</summary>
internal sealed class Peer(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    internal Socket Socket => socket;

    internal Stream Stream => _stream;

    internal static async Task<Peer> ConnectAsync(EndPoint endPoint)
    {
        Socket socket = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint).Soon();
        return new Peer(socket);
    }

    internal Task SendAsync(byte[] data) => _stream.WriteAsync(data).Soon();

    internal Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    internal async Task<byte[]> ReadAsync(int count)
    {
        byte[] data = new byte[count];
        await _stream.ReadExactlyAsync(data).Soon();
        return data;
    }

    /// <summary>As many bytes as the text has.</summary>
    internal async Task<string> ReadTextAsync(string expected)
        => Encoding.UTF8.GetString(await ReadAsync(Encoding.UTF8.GetByteCount(expected)));

    /// <summary>Everything until the other side closes, in good order or with a reset.</summary>
    internal async Task<byte[]> ReadToEndAsync()
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await _stream.ReadAsync(buffer).Soon() is > 0 and int count)
            {
                all.Write(buffer, 0, count);
            }
        }
        catch (IOException)
        {
            // A reset is an end, too.
        }

        return all.ToArray();
    }

    internal void HalfClose() => socket.Shutdown(SocketShutdown.Send);

    internal void Reset()
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }

    public void Dispose() => _stream.Dispose();
}
