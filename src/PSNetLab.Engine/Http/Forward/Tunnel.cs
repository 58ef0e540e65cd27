using System.Buffers;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>A connection that has changed to another protocol, such as WebSocket: bytes go both ways, whatever they are.</summary>
/// <param name="upstream">The connection to the upstream, which is disposed of here.</param>
/// <param name="head">What the client gets first.</param>
internal sealed class Tunnel(UpstreamConnection upstream, byte[] head)
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>Serves the tunnel until both sides have ended, one has failed, or the server ends.</summary>
    internal async ValueTask ServeAsync(HttpTakeover client)
    {
        using (upstream)
        {
            upstream.Pause();
            using CancellationTokenRegistration ending = client.Ending.UnsafeRegister(_ => upstream.Cancel(), null);
            await client.SendHeadAsync(head).ConfigureAwait(false);
            await JoinAsync(
                client,
                into => upstream.Http.ReadRawAsync(into, upstream.Limit),
                piece => upstream.Http.SendAsync(piece, upstream.Limit),
                () => upstream.Http.HalfCloseAsync(upstream.Limit),
                upstream.Cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Copies both ways until both sides have ended. When one fails, both are reset.</summary>
    /// <param name="client">One side.</param>
    /// <param name="receive">Receives from the other side.</param>
    /// <param name="send">Sends to it.</param>
    /// <param name="halfClose">Tells it that the client sends no more.</param>
    /// <param name="abort">Ends what waits for it.</param>
    internal static Task JoinAsync(
        HttpTakeover client,
        Func<Memory<byte>, ValueTask<int>> receive,
        Func<ReadOnlyMemory<byte>, ValueTask> send,
        Func<ValueTask> halfClose,
        Action abort)
    {
        return Task.WhenAll(
            GuardAsync(CopyAsync(client.ReceiveAsync, send, halfClose)),
            GuardAsync(CopyAsync(receive, client.SendAsync, client.EndSendingAsync)));

        async Task GuardAsync(Task copying)
        {
            try
            {
                await copying.ConfigureAwait(false);
            }
            catch
            {
                // What one side has lost, the other one must not wait for.
                client.Reset();
                abort();
                client.Interrupt();
                throw;
            }
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
