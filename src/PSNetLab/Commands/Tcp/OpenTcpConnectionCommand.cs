using System.Management.Automation;
using PSNetLab.Engine;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Opens a TCP connection and hands it out, live.</summary>
[Cmdlet(VerbsCommon.Open, "TcpConnection", DefaultParameterSetName = HostSet)]
[OutputType(typeof(TcpConnection))]
public sealed class OpenTcpConnectionCommand : TcpClientCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            TcpConnection connection = Connect();
            LiveJobs.Add(connection);
            WriteObject(connection);
        }
        catch (NetLabException fault)
        {
            Report(fault, Target);
        }
    }
}
