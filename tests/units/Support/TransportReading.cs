using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>Reads of a transport the way its users do it: wait, then take.</summary>
internal static class TransportReading
{
    /// <summary>What one read gives; empty at the end of the stream.</summary>
    internal static async Task<byte[]> ReadSomeAsync(this Transport transport, int most = 4096)
    {
        byte[] buffer = new byte[most];
        while (true)
        {
            await transport.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
            int count = transport.TryReceive(buffer);
            if (count >= 0)
            {
                return buffer[..count];
            }
        }
    }

    /// <summary>Exactly that many bytes, or fewer at the end of the stream.</summary>
    internal static async Task<byte[]> ReadExactlyAsync(this Transport transport, int count)
    {
        byte[] all = new byte[count];
        for (int at = 0; at < count;)
        {
            byte[] some = await transport.ReadSomeAsync(Math.Min(count - at, 64 * 1024)).ConfigureAwait(false);
            if (some.Length == 0)
            {
                return all[..at];
            }

            some.CopyTo(all, at);
            at += some.Length;
        }

        return all;
    }

    internal static async Task<byte[]> ReadToEndAsync(this Transport transport, Func<int>? size = null)
    {
        List<byte> all = [];
        while (true)
        {
            byte[] some = await transport.ReadSomeAsync(size?.Invoke() ?? 4096).ConfigureAwait(false);
            if (some.Length == 0)
            {
                return [.. all];
            }

            all.AddRange(some);
        }
    }

    /// <summary>The socket's own error in what was thrown, however it was wrapped.</summary>
    internal static SocketError? SocketErrorIn(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is SocketException { SocketErrorCode: var code })
            {
                return code;
            }
        }

        return null;
    }
}
