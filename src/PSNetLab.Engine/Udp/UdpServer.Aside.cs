using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Udp;

/// <content>Answers that do not hold up the next datagram: late ones, several by script at once, and dialogues.</content>
internal sealed partial class UdpServer
{
    // Who sends more than this while their answers are being delayed gets no answer to the rest.
    private const int MostWaiting = 65536;
    private const int MostWaitingInDialogue = 64;

    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _atOnce;
    private int _waiting;

    private bool AnswersAside => !_options.Delay.IsZero || (_options.Handler is not null && _options.ThrottleLimit > 1);

    /// <summary>Begins to answer a datagram. Where many scripts run already, waits until one has ended.</summary>
    private async ValueTask BeginAnswerAsync(Unfinished one)
    {
        if (_options.Dialogue is not null)
        {
            return; // it has a way of its own
        }

        if (_options.Delay.IsZero)
        {
            await _atOnce.WaitAsync().ConfigureAwait(false);
            _ = AnswerAsideAsync(one);
        }
        else if (Volatile.Read(ref _waiting) < MostWaiting)
        {
            Interlocked.Increment(ref _waiting);
            _ = AnswerLateAsync(one);
        }
        else
        {
            Drop();
        }
    }

    private async Task AnswerLateAsync(Unfinished one)
    {
        await DelayAsync(_options.Delay.Next()).ConfigureAwait(false);
        Interlocked.Decrement(ref _waiting);
        if (!_stopping)
        {
            await _atOnce.WaitAsync().ConfigureAwait(false);
            await AnswerAsideAsync(one).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsideAsync(Unfinished one)
    {
        try
        {
            if (_options.Echo)
            {
                await SendAsideAsync(one.Message!.Bytes, one).ConfigureAwait(false);
            }

            foreach (byte[] reply in _options.Replies)
            {
                await SendAsideAsync(reply, one).ConfigureAwait(false);
            }

            if (_options.Handler is { } handler)
            {
                await AnswerAsync(handler, one).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The server has stopped.
        }
        finally
        {
            _atOnce.Release();
        }
    }

    /// <summary>Sends an answer from any thread. If there is no room for it now and soon, it is dropped.</summary>
    private async ValueTask SendAsideAsync(byte[] data, Unfinished one)
    {
        if (TrySend(data, one.Peer, one.From))
        {
            return;
        }

        await DelayAsync(s_patience).ConfigureAwait(false);
        if (!TrySend(data, one.Peer, one.From))
        {
            Drop();
        }
    }

    /// <summary>Completes when no script answers any more.</summary>
    private async Task EndAnswersAsync()
    {
        for (int i = 0; i < _options.ThrottleLimit; i++)
        {
            await _atOnce.WaitAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask DelayAsync(TimeSpan time)
        => await Task.Delay(time, _options.Clock, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Passes a datagram to the dialogue with its sender, and does what follows.</summary>
    private void Converse(in Datagram datagram)
    {
        DatagramPeer peer = datagram.Peer;
        if (peer.State is not Talk talk)
        {
            peer.State = talk = new Talk(new DialogueRun(_options.Dialogue!, peer.EndPoint, null), peer);
            _options.OnDialogue?.Invoke(talk.Run);
        }

        lock (talk)
        {
            talk.From = datagram.Packet.Own;
            if (!talk.Waits)
            {
                Take(talk, datagram.Data);
            }
            else if (talk.Queue.Count < MostWaitingInDialogue)
            {
                talk.Queue.Enqueue(datagram.Data.ToArray());
            }
            else
            {
                Drop();
            }
        }
    }

    private void Take(Talk talk, ReadOnlySpan<byte> data)
    {
        talk.Run.Take(data);
        if (_options.Delay.IsZero)
        {
            Play(talk);
        }
        else
        {
            _ = PlayLateAsync(talk, _options.Delay.Next());
        }
    }

    /// <summary>Continues a dialogue until it waits, for time or for a datagram. The caller holds its lock.</summary>
    private void Play(Talk talk)
    {
        while (talk.Run.TryNext(out DialogueAction action))
        {
            switch (action.Deed)
            {
                case DialogueDeed.Say when !TrySend(action.Data, talk.Peer, talk.From):
                    Drop();
                    break;
                case DialogueDeed.Report:
                    _options.OnFault?.Invoke(action.Fault!, talk.Peer.EndPoint);
                    break;
                case DialogueDeed.Wait:
                    _ = PlayLateAsync(talk, TimeSpan.FromMilliseconds(action.Milliseconds));
                    return;
                case DialogueDeed.Close or DialogueDeed.Reset:
                    talk.Peer.State = null; // its next datagram begins a new one
                    return;
            }
        }

        if (talk.Queue.TryDequeue(out byte[]? next))
        {
            Take(talk, next);
        }
    }

    private async Task PlayLateAsync(Talk talk, TimeSpan time)
    {
        talk.Waits = true;
        await DelayAsync(time).ConfigureAwait(false);
        lock (talk)
        {
            talk.Waits = false;
            if (!_stopping)
            {
                Play(talk);
            }
        }
    }

    /// <summary>The dialogue with a peer. Whoever uses it holds its lock.</summary>
    private sealed class Talk(DialogueRun run, DatagramPeer peer)
    {
        internal DialogueRun Run => run;

        internal DatagramPeer Peer => peer;

        /// <summary>The address that the peer has sent to.</summary>
        internal IPAddress? From { get; set; }

        /// <summary>Whether it waits for a time to pass.</summary>
        internal bool Waits { get; set; }

        /// <summary>What came while it waited.</summary>
        internal Queue<byte[]> Queue { get; } = new();
    }
}
