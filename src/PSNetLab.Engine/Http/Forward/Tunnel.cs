using System.Buffers;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>A connection that has changed to another protocol, such as WebSocket: bytes go both ways, whatever they are.</summary>
internal sealed class Tunnel(UpstreamConnection upstream, ReceivedHead head)
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>Serves the tunnel until both sides have ended, or one has failed.</summary>
    internal async ValueTask ServeAsync(HttpTakeover client)
    {
        using (upstream)
        {
            upstream.Pause();
            await client.SendAsync(head.Bytes).ConfigureAwait(false);
            Task there = CopyAsync(client.ReceiveAsync, piece => upstream.Http.SendAsync(piece, upstream.Limit),
                () => upstream.Http.HalfCloseAsync());
            Task back = CopyAsync(into => upstream.Http.ReadRawAsync(into, upstream.Limit), client.SendAsync, client.EndSendingAsync);
            Task first = await Task.WhenAny(there, back).ConfigureAwait(false);
            if (first.IsFaulted)
            {
                // What one side has lost, the other one must not wait for.
                client.Reset();
                upstream.Cancel();
                client.Interrupt();
            }

            await Task.WhenAll(there, back).ConfigureAwait(false);
        }
    }

    private static async Task CopyAsync(
        Func<Memory<byte>, ValueTask<int>> receive, Func<ReadOnlyMemory<byte>, ValueTask> send, Func<ValueTask> end)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            int count;
            while ((count = await receive(piece).ConfigureAwait(false)) > 0)
            {
                await send(piece.AsMemory(0, count)).ConfigureAwait(false);
            }

            await end().ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
