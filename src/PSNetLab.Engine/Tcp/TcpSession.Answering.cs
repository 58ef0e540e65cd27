using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tcp;

/// <content>Answers: at once, on the loop, or aside, while the connection is not read.</content>
internal sealed partial class TcpSession
{
    // What comes next in the dialogue, if it could not be done at once.
    private DialogueAction _deed;

    // Those of all clients together must not use up the memory that they have.
    private long MostUnsent => Math.Min(HandedOver.DefaultMost, _options.MaxPendingBytes / Math.Max(1, _options.MaxConnections));

    private bool HasOpening => _options.Opening is not null || _options.Greeting.Count > 0 || _options.Dialogue?.SpeaksFirst == true;

    /// <summary>Sends what a client gets when it comes; false if the connection was closed meanwhile.</summary>
    private ValueTask<bool> OpenAsync() => HasOpening ? AsideAsync(0, this, static self => self.GreetAsync()) : ValueTask.FromResult(true);

    private async ValueTask GreetAsync()
    {
        await DelayAsync(_options.Delay.Next()).ConfigureAwait(false);
        if (_options.Opening is not null)
        {
            await RunAsync(_options.Opening, null).ConfigureAwait(false);
        }

        await SendAllAsync(_options.Greeting).ConfigureAwait(false);
        await PlayAsync().ConfigureAwait(false);
    }

    /// <summary>Answers a message as far as that takes no time; false if there is more to do.</summary>
    private bool Answer(ReadOnlySpan<byte> payload, ReplyWriter replies, ref int messages)
    {
        if (_options.Echo)
        {
            replies.Append(_options.Framing, payload);
            messages++;
        }

        for (int i = 0; i < _options.Replies.Count; i++)
        {
            replies.Append(_options.Framing, _options.Replies[i]);
            messages++;
        }

        while (Dialogue is not null && Dialogue.TryNext(out _deed))
        {
            if (_deed.Deed != DialogueDeed.Say)
            {
                return false;
            }

            replies.Append(_options.Framing, _deed.Data);
            messages++;
        }

        return true;
    }

    /// <summary>Has the script of the framing look for the next message; false if the connection was closed meanwhile.</summary>
    private ValueTask<bool> DecideAsync() => AsideAsync(
        _connection.Reader.Pending,
        this,
        static self => self._connection.Reader.DecideAsync(self._connection.Remote, self._giveUp.Token));

    /// <summary>
    /// The slow part of handling a message: room in the mailbox, and its answer. False if the connection was closed meanwhile.
    /// </summary>
    private ValueTask<bool> FinishAsync(bool hasRoom) => AsideAsync(
        _unfinished?.Length ?? 0, (Self: this, HasRoom: hasRoom), static work => work.Self.FinishNowAsync(work.HasRoom));

    private async ValueTask FinishNowAsync(bool hasRoom)
    {
        TcpMessage? message = _unfinished;
        _unfinished = null;
        if (!hasRoom)
        {
            await _options.Sink!.AddAsync(message!, _giveUp.Token).ConfigureAwait(false);
        }

        if (_isUnanswered)
        {
            await AnswerAsync(message).ConfigureAwait(false);
        }
    }

    /// <summary>Does what takes time while the connection is not read; false if the connection was closed meanwhile.</summary>
    private async ValueTask<bool> AsideAsync<T>(int heldBytes, T state, Func<T, ValueTask> work)
    {
        _connection.PauseReading();
        _isReading = false;
        _connection.Reader.Trim();
        _connection.Memory?.Change(heldBytes);
        try
        {
            await work(state).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_giveUp.IsCancellationRequested)
        {
            // The connection was closed, and what waited is forgotten.
        }
        finally
        {
            _connection.Memory?.Change(-heldBytes);
        }

        _isReading = _connection.ResumeReading();
        return _isReading && !_giveUp.IsCancellationRequested;
    }

    private async ValueTask AnswerAsync(TcpMessage? message)
    {
        if (_answersAside)
        {
            await DelayAsync(_options.Delay.Next()).ConfigureAwait(false);
            if (_options.Echo)
            {
                await SendAsync(message!.Bytes).ConfigureAwait(false);
            }

            await SendAllAsync(_options.Replies).ConfigureAwait(false);
            if (_options.Handler is not null)
            {
                await RunAsync(_options.Handler, message).ConfigureAwait(false);
            }
        }

        await PlayAsync().ConfigureAwait(false);
    }

    /// <summary>Continues the dialogue until it waits for a message, or is over.</summary>
    private async ValueTask PlayAsync()
    {
        do
        {
            switch (_deed.Deed)
            {
                case DialogueDeed.Say:
                    await SendAsync(_deed.Data!).ConfigureAwait(false);
                    break;
                case DialogueDeed.Wait:
                    await DelayAsync(TimeSpan.FromMilliseconds(_deed.Milliseconds)).ConfigureAwait(false);
                    break;
                case DialogueDeed.Report:
                    _host.Report(_deed.Fault!, _connection.Remote);
                    break;
                case DialogueDeed.Close:
                    _connection.Close(TcpCloseReason.LocalClosed);
                    break;
                case DialogueDeed.Reset:
                    _connection.Close(TcpCloseReason.LocalReset);
                    break;
            }

            _deed = default;
        }
        while (!_connection.IsClosed && Dialogue?.TryNext(out _deed) == true);
    }

    private ValueTask DelayAsync(TimeSpan time) => _connection.DelayAsync(time, _options.Clock, _giveUp.Token);

    private async ValueTask SendAllAsync(IReadOnlyList<byte[]> messages)
    {
        foreach (byte[] message in messages)
        {
            await SendAsync(message).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Has somebody else make the answers. What goes wrong with the connection meanwhile is not their fault, but thrown here.
    /// </summary>
    private async ValueTask RunAsync(TcpAnswering answering, TcpMessage? message)
    {
        // From the first that waits on, the idle time of the peer counts again.
        HandedOver unsent = new(MostUnsent, isAny => _connection.IsHeldBack = !isAny);
        Func<byte[], ValueTask> send = SendFrame;
        Exception? failure = null;
        await answering(_connection, message, HandOverAsync, _giveUp.Token).ConfigureAwait(false);
        await unsent.DrainAsync().ConfigureAwait(false);
        if ((failure ?? unsent.Failure) is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        async ValueTask HandOverAsync(byte[] data)
        {
            try
            {
                if ((failure ?? unsent.Failure) is null && !_connection.IsClosed)
                {
                    byte[] prepared = await PrepareAsync(data).ConfigureAwait(false);
                    await unsent.SendAsync(prepared, prepared.Length, send).ConfigureAwait(false);
                }
            }
            catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
            {
                failure = error;
            }
        }
    }

    /// <summary>Sends a message while the connection is not read.</summary>
    private async ValueTask SendAsync(byte[] message)
    {
        if (_connection.IsClosed)
        {
            return;
        }

        byte[] prepared = await PrepareAsync(message).ConfigureAwait(false);

        // From here on, the idle time of the peer counts again.
        _connection.IsHeldBack = false;
        await SendFrame(prepared).ConfigureAwait(false);
        _connection.IsHeldBack = true;
    }

    private ValueTask<byte[]> PrepareAsync(byte[] message) => _options.Framing.PrepareAsync(message, _connection.Remote, _giveUp.Token);

    private ValueTask SendFrame(byte[] payload)
    {
        using ReplyWriter replies = ReplyWriter.Lend();
        replies.Append(_options.Framing, payload);
        return SendAsync(replies.Written, 1);
    }

    /// <summary>Sends encoded frames. After a half-close they are dropped, and what the client sends is still received.</summary>
    private ValueTask SendAsync(ReadOnlySpan<byte> frames, int messages)
    {
        try
        {
            ValueTask sending = _connection.SendAsync(frames, messages, CancellationToken.None);
            return sending.IsCompletedSuccessfully ? default : EndSendAsync(sending);
        }
        catch (NetLabException error) when (IsDropped(error))
        {
            return default;
        }
    }

    private async ValueTask EndSendAsync(ValueTask sending)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (NetLabException error) when (IsDropped(error))
        {
            // As if it had been sent after the end.
        }
    }

    // A server that stops half-closes its connections itself, and serves no more messages.
    private bool IsDropped(NetLabException error) => TcpFaults.IsSendingEnded(error) && !_host.IsStopping;
}
