using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Commands;

/// <summary>Closes connections: gracefully, in one direction only, or with a reset.</summary>
[Cmdlet(VerbsCommon.Close, "TcpConnection", SupportsShouldProcess = true, DefaultParameterSetName = CloseSet)]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class CloseTcpConnectionCommand : NetCmdlet
{
    private const string CloseSet = "Close";
    private const string HalfCloseSet = "HalfClose";
    private const string ResetSet = "Reset";

    private readonly List<Task> _closing = [];

    /// <summary>The connections to close; a server stands for all that are open on it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public TcpConnection[] Connection { get; set; } = [];

    /// <summary>Only ends sending (FIN); what the peer still sends can be received.</summary>
    [Parameter(Mandatory = true, ParameterSetName = HalfCloseSet)]
    public SwitchParameter HalfClose { get; set; }

    /// <summary>Resets the connection (RST); data on its way in either direction is lost.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ResetSet)]
    public SwitchParameter Reset { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (TcpConnection connection in Connection)
        {
            if (!ShouldProcess(connection.ToString(), HalfClose ? "Shut down sending" : Reset ? "Reset" : "Close"))
            {
                continue;
            }

            if (HalfClose)
            {
                AwaitPeer(connection.HalfCloseAsync(StopToken).AsTask(), connection.GiveUp);
            }
            else
            {
                if (!Reset && PeerWait.Current?.IsOf(connection) == true)
                {
                    // The script that answers has put out more than was sent.
                    AwaitPeer(connection.FlushAsync(StopToken), connection.GiveUp);
                }

                connection.Close(Reset ? TcpCloseReason.LocalReset : TcpCloseReason.LocalClosed);
                _closing.Add(connection.Ended);
            }
        }
    }

    /// <summary>Waits for all of them at once: if the process ended earlier, data still on its way would be lost.</summary>
    protected override void EndProcessing() => AwaitPeer(Task.WhenAll(_closing).WaitAsync(StopToken), _ => { });
}
