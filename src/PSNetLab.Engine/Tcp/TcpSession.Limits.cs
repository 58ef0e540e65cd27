using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tcp;

/// <content>How long a connection may be silent, and what it may hold.</content>
internal sealed partial class TcpSession
{
    // Since when the rest of a message is awaited, if no other has come since.
    private long _awaitedSince;
    private long _messagesBefore = -1;

    public void CheckDeadline()
    {
        if (_options.IdleTimeout > TimeSpan.Zero)
        {
            _connection.NoteProgress();
        }

        if (_options.IdleTimeout > TimeSpan.Zero && _connection.IdleMilliseconds >= _options.IdleTimeout.TotalMilliseconds)
        {
            CloseFor(FaultKind.IdleTimeout, TcpCloseReason.IdleTimeout, "nothing was sent or received for "
                + $"{TimeText.Seconds(_options.IdleTimeout)}. Raise -IdleTimeoutSec, or have the client send something from time to time.");
        }
        else if (_options.MessageTimeout > TimeSpan.Zero && HasPartOfMessage
            && _options.Clock.GetElapsedTime(Volatile.Read(ref _awaitedSince)) >= _options.MessageTimeout)
        {
            CloseFor(FaultKind.MessageTimeout, TcpCloseReason.MessageTimeout, "it did not send the rest of a message within "
                + $"{TimeText.Seconds(_options.MessageTimeout)}. Raise -MessageTimeoutSec, or check that both sides use the "
                + $"framing {_connection.Framing}.");
        }
    }

    /// <summary>Whether a message has begun to arrive, and its rest is awaited.</summary>
    private bool HasPartOfMessage => Volatile.Read(ref _messagesBefore) == _connection.MessagesReceived && !_connection.IsClosed;

    private void EndForMemory(HeldMemory memory)
    {
        CloseFor(FaultKind.TooMuchPending, TcpCloseReason.TooMuchPending, "the connections of the server held more than "
            + $"{memory.Budget.Limit} bytes of unfinished messages and unsent answers, and this one the most, {memory.Bytes}. Check why "
            + "the client does not send the rest or does not read its answers, or why nobody receives the messages of the server, "
            + "or raise -MaxPendingBytes.");
        _giveUp.Cancel();
    }

    private void CloseFor(FaultKind kind, TcpCloseReason reason, string why)
    {
        NetLabException fault = new(kind, $"{_connection.Remote} was closed: {why}");
        _host.Report(fault, _connection.Remote);
        _connection.Close(reason, fault.Message);
    }

    /// <summary>Starts the time of a message that has begun to arrive; more bytes of it do not give it more time.</summary>
    private void NoteWait()
    {
        if (_connection.Reader.Pending == 0)
        {
            Volatile.Write(ref _messagesBefore, -1);
        }
        else if (_messagesBefore != _connection.MessagesReceived)
        {
            Volatile.Write(ref _awaitedSince, _options.Clock.GetTimestamp());
            Volatile.Write(ref _messagesBefore, _connection.MessagesReceived);
        }
    }

    /// <summary>Gives memory back while the peer does not take its answers.</summary>
    private ValueTask TrimWhile(ValueTask sending)
    {
        if (!sending.IsCompleted)
        {
            _connection.Reader.Trim();
        }

        return sending;
    }
}
