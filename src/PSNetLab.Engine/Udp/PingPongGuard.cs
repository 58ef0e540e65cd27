using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Udp;

/// <summary>
/// Breaks the loop of two servers that answer each other's answers. A single datagram with a forged sender can start such
/// a loop.
/// </summary>
/// <remarks>
/// The other server looks exactly like a fast client that waits for each answer. But a client talks only to this server,
/// while a server answers anybody. So, after many answers to the same peer, the guard sends it the last answer again from
/// another port. If the peer answers that, it is a server, and its datagrams are ignored for a second, until nothing is in
/// flight any more. A client with a connected socket does not even receive that datagram.
/// </remarks>
internal sealed class PingPongGuard(IPEndPoint local, Action<NetLabException, EndPoint>? onFault) : IDisposable
{
    private const long QuietMilliseconds = 1000;
    private const int MostLooks = 8;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ending = new();
    private int _looks;

    /// <summary>Whether the datagrams of a peer are being ignored.</summary>
    internal static bool IsQuiet(DatagramPeer peer)
    {
        long until = Volatile.Read(ref peer.QuietUntil);
        return until != 0 && Environment.TickCount64 < until;
    }

    /// <summary>Call this after every answer that was sent.</summary>
    internal void OnAnswer(DatagramPeer peer, ReadOnlySpan<byte> answer)
    {
        if (++peer.Answers >= peer.NextLook && Volatile.Read(ref _looks) < MostLooks)
        {
            peer.NextLook *= 2;
            Interlocked.Increment(ref _looks);
            byte[] question = answer.ToArray();
            _ = Task.Run(() => LookAsync(peer, question));
        }
    }

    public void Dispose() => _ending.Cancel();

    private async Task LookAsync(DatagramPeer peer, byte[] question)
    {
        try
        {
            if (await AnswersAnybodyAsync(peer.EndPoint, question).ConfigureAwait(false))
            {
                Volatile.Write(ref peer.QuietUntil, Environment.TickCount64 + QuietMilliseconds);
                onFault?.Invoke(
                    new NetLabException(
                        FaultKind.AnswerLoop,
                        $"{peer.EndPoint} answers every answer of this server, so the two would never stop. "
                        + "Its datagrams are dropped for one second and counted in Refused. "
                        + "A single datagram with a forged sender can start this: use -AllowAddress to accept only known peers."),
                    peer.EndPoint);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // It did not answer the other port, so it is a client.
        }
        finally
        {
            Interlocked.Decrement(ref _looks);
        }
    }

    private async Task<bool> AnswersAnybodyAsync(IPEndPoint peer, byte[] question)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        limit.CancelAfter(s_patience);
        using Socket stranger = new(peer.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (local.AddressFamily == peer.AddressFamily)
        {
            stranger.Bind(new IPEndPoint(local.Address, 0));
        }

        await stranger.ConnectAsync(peer, limit.Token).ConfigureAwait(false);
        await stranger.SendAsync(question, limit.Token).ConfigureAwait(false);
        await stranger.ReceiveAsync(new byte[UdpServerOptions.MostDatagramBytes], limit.Token).ConfigureAwait(false);
        return true;
    }
}
