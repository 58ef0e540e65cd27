using System.Management.Automation;
using PSNetLab.Engine;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Receives messages from a connection, or takes those a server has received.</summary>
[Cmdlet(VerbsCommunications.Receive, "TcpMessage", DefaultParameterSetName = ConnectionSet)]
[OutputType(typeof(TcpMessage))]
public sealed class ReceiveTcpMessageCommand : ReceiveCmdlet
{
    private const string ConnectionSet = "Connection";
    private const string JobSet = "Job";

    /// <summary>The connection to receive from.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ConnectionSet)]
    public TcpConnection? Connection { get; set; }

    /// <summary>The server whose messages to take.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = JobSet)]
    public TcpServerJob? Job { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Job is not null)
        {
            ReceiveFrom(Job);
            return;
        }

        object peer = Connection!.RemoteEndPoint;
        Receive(
            token =>
            {
                while (WantsMore && Connection.ReceiveAsync(token).AsTask().GetAwaiter().GetResult() is { } message)
                {
                    Emit(message);
                }
            },
            peer,
            $"from {peer}",
            $"The connection to {peer} ended");
    }
}
