using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Commands;

/// <content>What is said about the replies.</content>
public sealed partial class SendTcpMessageCommand
{
    private static readonly TimeSpan s_leavePatience = TimeSpan.FromSeconds(1);

    private const string EndedAtOnce = "-Receive alone ends the sending side as soon as everything is sent, and some servers then do not "
        + "answer any more: use -Count to keep it open until the replies have arrived.";

    /// <summary>Ends the reading, so that others can receive from the connection. That takes a moment.</summary>
    private static void Leave(TcpClientSession session)
    {
        using (session)
        {
            session.LeaveAsync().Wait(s_leavePatience);
        }
    }

    private object RepliesFrom => _own is null ? _to!.Remote : Target;

    /// <summary>From now on, what the peer of this connection sends are replies.</summary>
    private void BeginReplies(TcpConnection connection)
    {
        Watch(connection.Local, connection.Remote);
        _session = new TcpClientSession(connection, Count, StopToken);
        Incoming = new IncomingReplies(this, _session.Received, Count, StopToken);
    }

    /// <summary>Waits for the replies of an open connection, and leaves it to others.</summary>
    private void EndReplies()
    {
        if (_session is null || _own is not null)
        {
            return;
        }

        if (_only is not null)
        {
            Drain([_only]);
        }

        ReceiveRest(_session);

        Incoming = null;
        Leave(_session);
        _session = null;
    }

    /// <summary>Writes the replies until all have arrived, the peer has closed or the time is over.</summary>
    private void ReceiveRest(TcpClientSession session)
    {
        if (!Incoming!.WriteRest(Span(TimeoutSec)))
        {
            int written = Incoming.Written;
            if (Count > 0 || written == 0)
            {
                Report(
                    new NetLabException(
                        FaultKind.ReceiveTimeout,
                        $"{(Count == 0 ? "No reply" : $"{written} of {Count} replies")} arrived from {RepliesFrom} "
                            + $"within {TimeText.Seconds(TimeoutSec)}. "
                            + "Check that the server answers, and that both sides use the same -Framing, or raise -TimeoutSec. "
                            + (Count == 0 ? EndedAtOnce : _own is null ? "Those that arrive later wait in the connection."
                                : "A server that answers only at the end of the stream needs -Receive without -Count.")),
                    RepliesFrom);
            }
            else
            {
                WriteWarning($"{RepliesFrom} had not closed the connection after {TimeText.Seconds(TimeoutSec)}, so there may be "
                    + $"more than the {written} "
                    + "replies that arrived by then. Raise -TimeoutSec, or use -Count for a number of replies.");
            }
        }
        else if (session.Fault is { } fault)
        {
            if (fault.Kind != FaultKind.OwnCertificateRejected || HasNotFailed(_own ?? _to!))
            {
                Report(fault, RepliesFrom);
            }
        }
        else if (Count == 0 && Incoming.Written == 0)
        {
            WriteWarning($"{Target} closed the connection without a reply. {EndedAtOnce}");
        }
        else if (Incoming.Written < Count)
        {
            Report(new NetLabException(FaultKind.ConnectionClosed, $"{RepliesFrom} closed the connection after "
                + $"{Incoming.Written} of {Count} replies. Ask for fewer with -Count, or check what the server does."), RepliesFrom);
        }
    }
}
