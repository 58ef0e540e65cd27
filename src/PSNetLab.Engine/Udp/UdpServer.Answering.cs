using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Udp;

/// <content>Answering.</content>
internal sealed partial class UdpServer
{
    // How long an answer waits for room in the send buffer. A network card makes room within moments. But what is sent to a host that does
    // not exist stays in the buffer for seconds (arp(7), unres_qlen_bytes), and anybody can ask in the name of such hosts.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(10);

    // The last answer waited in vain. Until one can be sent, others do not even try to wait.
    private volatile bool _isCongested;
    private long _answersDropped;

    private void Answer(in Datagram datagram)
    {
        if (_options.Echo)
        {
            Send(datagram.Data, datagram.Peer);
        }

        for (int i = 0; i < _options.Replies.Count; i++)
        {
            Send(_options.Replies[i], datagram.Peer);
        }
    }

    private async ValueTask FinishAsync(Unfinished one)
    {
        if (one.IsQuestion)
        {
            // A pattern may take long, and a batch has many datagrams.
            await LoopThread.Leave();
            Converse(one.Peer, one.Payload);
            return;
        }

        if (one.Payload is not null)
        {
            await SendAsync(one.Payload, one.Peer).ConfigureAwait(false);
            return;
        }

        if (!one.HasRoom)
        {
            await _options.Sink!.AddAsync(one.Message!).ConfigureAwait(false);
        }

        if (AnswersAside)
        {
            await BeginAnswerAsync(one).ConfigureAwait(false);
        }
        else if (_options.Handler is { } handler)
        {
            await AnswerAsync(handler, one).ConfigureAwait(false);
        }
    }

    private async ValueTask AnswerAsync(Func<UdpMessage, Func<byte[], ValueTask>, Task> handler, Unfinished one)
    {
        try
        {
            await handler(
                one.Message!,
                data => AnswersAside ? SendAsideAsync(data, one) : SendAsync(data, one.Peer)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not (SocketException or ObjectDisposedException))
        {
            // A datagram that cannot be answered must not end the server.
            _options.OnFault?.Invoke(
                new NetLabException(
                    FaultKind.ReplyScriptFailed,
                    $"A datagram from {one.Peer.EndPoint} could not be answered: {error.Message}",
                    error),
                one.Peer.EndPoint);
        }
    }

    /// <summary>Sends an answer now, or after the batch if there is no room yet.</summary>
    private void Send(ReadOnlySpan<byte> data, DatagramPeer peer)
    {
        if (TrySend(data, peer))
        {
            return;
        }

        if (_isCongested)
        {
            Drop();
        }
        else
        {
            _unfinished.Enqueue(new Unfinished(null, true, peer, data.ToArray()));
        }
    }

    /// <summary>
    /// Sends an answer, as soon as there is room. UDP promises nothing: if there is none for a while, the answer is dropped.
    /// </summary>
    private async ValueTask SendAsync(byte[] data, DatagramPeer peer)
    {
        if (TrySend(data, peer))
        {
            return;
        }

        if (!_isCongested)
        {
            using CancellationTokenSource limit = new(s_patience);
            try
            {
                do
                {
                    await _transport.WaitWritableAsync(limit.Token).ConfigureAwait(false);
                }
                while (!TrySend(data, peer));
                return;
            }
            catch (OperationCanceledException)
            {
                _isCongested = true;
            }
        }

        Drop();
    }

    /// <returns>False if there is no room; true if it was sent, or cannot be.</returns>
    private bool TrySend(ReadOnlySpan<byte> data, DatagramPeer peer)
    {
        if (peer.EndPoint.Port == 0)
        {
            return true;
        }

        try
        {
            if (_sending is null)
            {
                return TrySendNow(data, peer);
            }

            lock (_sending)
            {
                return TrySendNow(data, peer);
            }
        }
        catch (SocketException error)
        {
            if (!_stopping)
            {
                _options.OnFault?.Invoke(SocketFaults.SendDatagram(error, peer.EndPoint, data.Length), peer.EndPoint);
            }
        }

        return true;
    }

    private bool TrySendNow(ReadOnlySpan<byte> data, DatagramPeer peer)
    {
        if (!_transport.TrySend(data, peer, peer.Source))
        {
            return false;
        }

        _isCongested = false;
        MessagesSent++;
        BytesSent += data.Length;
        _guard.OnAnswer(peer, data);
        return true;
    }

    private void Drop()
    {
        if (Interlocked.Increment(ref _answersDropped) == 1)
        {
            _options.OnAnswerDropped?.Invoke();
        }
    }

    /// <summary>
    /// A datagram whose handling has to wait or, with a payload, an answer that did not fit in the send buffer, or a datagram for the
    /// dialogue with its sender.
    /// </summary>
    private readonly record struct Unfinished(
        UdpMessage? Message, bool HasRoom, DatagramPeer Peer, byte[]? Payload, bool IsQuestion = false);
}
