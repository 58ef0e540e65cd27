using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Udp;

/// <content>Answers that do not hold up the next datagram: late ones, several by script at once, and dialogues.</content>
internal sealed partial class UdpServer
{
    // Who sends more than this while answers and dialogues wait gets no answer to the rest.
    private const int MostWaiting = 65536;
    private const long MostWaitingBytes = 64 * 1024 * 1024;
    private const int MostWaitingInDialogue = 64;

    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _atOnce;
    private int _waiting;
    private long _waitingBytes;

    private bool AnswersAside => !_options.Delay.IsZero || (_options.Handler is not null && _options.ThrottleLimit > 1);

    private bool IsFull => Volatile.Read(ref _waiting) >= MostWaiting || Volatile.Read(ref _waitingBytes) >= MostWaitingBytes;

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
        else if (IsFull)
        {
            Drop();
        }
        else
        {
            Hold(one.Message!.Length);
            _ = AnswerLateAsync(one);
        }
    }

    private async Task AnswerLateAsync(Unfinished one)
    {
        await DelayAsync(_options.Delay.Next()).ConfigureAwait(false);
        if (!_stopping)
        {
            // It waits also for its turn: scripts may be slower than the datagrams, and here nothing holds those up.
            await _atOnce.WaitAsync().ConfigureAwait(false);
            await AnswerAsideAsync(one).ConfigureAwait(false);
        }

        Release(one.Message!.Length);
    }

    private void Hold(int bytes)
    {
        Interlocked.Increment(ref _waiting);
        Interlocked.Add(ref _waitingBytes, bytes);
    }

    private void Release(int bytes)
    {
        Interlocked.Decrement(ref _waiting);
        Interlocked.Add(ref _waitingBytes, -bytes);
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
        if (TrySend(data, one.Peer))
        {
            return;
        }

        if (!_isCongested)
        {
            await DelayAsync(s_patience).ConfigureAwait(false);
            if (TrySend(data, one.Peer))
            {
                return;
            }

            _isCongested = true;
        }

        Drop();
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
    private void Converse(DatagramPeer peer, ReadOnlySpan<byte> data)
    {
        if (IsFull)
        {
            Drop();
            return;
        }

        if (peer.State is not Talk talk)
        {
            peer.State = talk = new Talk(new DialogueRun(_options.Dialogue!, peer.EndPoint, null), peer);
            _options.OnDialogue?.Invoke(talk.Run);
        }

        lock (talk)
        {
            if (!talk.Waits)
            {
                Take(talk, data);
            }
            else if (talk.Queue.Count < MostWaitingInDialogue)
            {
                Hold(data.Length);
                talk.Queue.Enqueue(data.ToArray());
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
        talk.Bytes = data.Length;
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
        while (!_stopping && talk.Run.TryNext(out DialogueAction action))
        {
            switch (action.Deed)
            {
                case DialogueDeed.Say when !TrySend(action.Data, talk.Peer):
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
                    while (TryDequeue(talk, out _))
                    {
                        // What came meanwhile is no part of any.
                    }

                    return;
            }
        }

        if (TryDequeue(talk, out byte[]? next))
        {
            Take(talk, next);
        }
    }

    private bool TryDequeue(Talk talk, [NotNullWhen(true)] out byte[]? next)
    {
        if (talk.Queue.TryDequeue(out next))
        {
            Release(next.Length);
        }

        return next is not null;
    }

    private async Task PlayLateAsync(Talk talk, TimeSpan time)
    {
        talk.Waits = true;
        Hold(talk.Bytes);
        await DelayAsync(time).ConfigureAwait(false);
        lock (talk)
        {
            talk.Waits = false;
            Release(talk.Bytes);
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

        /// <summary>Whether it waits for a time to pass.</summary>
        internal bool Waits { get; set; }

        /// <summary>The length of the datagram that it answers, whose captures it keeps.</summary>
        internal int Bytes { get; set; }

        /// <summary>What came while it waited.</summary>
        internal Queue<byte[]> Queue { get; } = new();
    }
}
