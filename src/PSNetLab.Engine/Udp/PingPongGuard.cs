using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Udp;

/// <summary>Ends the exchange of two servers that answer each other's answers. A single datagram with a forged sender is enough to start one.</summary>
/// <remarks>
/// Such a peer looks exactly like a client that waits for each answer, and that must not be slowed down. But a client talks only to this server, while a
/// server talks to anybody. So, after many answers, the peer gets one of them again, from another port. If it answers that too, it is a server, and is
/// ignored for a moment, until nothing is in flight any more. A client with a connected socket does not even see the question.
/// </remarks>
internal sealed class PingPongGuard(IPEndPoint local, Action<NetLabException, EndPoint>? onFault) : IDisposable
{
    private const long QuietMilliseconds = 1000;
    private const int MostLooks = 8;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ending = new();
    private int _looks;

    /// <summary>Whether a peer is being ignored.</summary>
    internal static bool IsQuiet(DatagramPeer peer)
    {
        long until = Volatile.Read(ref peer.QuietUntil);
        return until != 0 && Environment.TickCount64 < until;
    }

    /// <summary>Must be called for every answer that was sent.</summary>
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
                        $"{peer.EndPoint} answers every answer of this server, so the two would never stop. Its datagrams are dropped for one second and counted in Refused. "
                        + "A forged sender address is enough to start this: use -AllowAddress to accept only known peers."),
                    peer.EndPoint);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // It did not answer a stranger.
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
