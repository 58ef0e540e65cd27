using PSNetLab.Engine.Tcp;

namespace PSNetLab.Commands;

/// <content>What is said about the replies.</content>
public sealed partial class SendTcpMessageCommand
{
    private const string EndedAtOnce = "-Receive alone ends the sending side as soon as everything is sent, and some servers then do not "
        + "answer any more: use -Count to keep it open until the replies have arrived.";

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
                        $"{(Count == 0 ? "No reply" : $"{written} of {Count} replies")} arrived from {Target} within {TimeoutSec} s. "
                            + "Check that the server answers, and that both sides use the same -Framing, or raise -TimeoutSec. "
                            + (Count == 0 ? EndedAtOnce : "A server that answers only at the end of the stream needs "
                            + "-Receive without -Count.")),
                    Target);
            }
            else
            {
                WriteWarning($"{Target} had not closed the connection after {TimeoutSec} s, so there may be more than the {written} "
                    + "replies that arrived by then. Raise -TimeoutSec, or use -Count for a number of replies.");
            }
        }
        else if (session.Fault is { } fault)
        {
            if (fault.Kind != FaultKind.OwnCertificateRejected || HasNotFailed(_own!))
            {
                Report(fault, Target);
            }
        }
        else if (Count == 0 && Incoming.Written == 0)
        {
            WriteWarning($"{Target} closed the connection without a reply. {EndedAtOnce}");
        }
        else if (Incoming.Written < Count)
        {
            Report(new NetLabException(FaultKind.ConnectionClosed, $"{Target} closed the connection after "
                + $"{Incoming.Written} of {Count} replies. Ask for fewer with -Count, or check what the server does."), Target);
        }
    }
}
