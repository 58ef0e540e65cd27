using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Opens a TCP connection and returns it.</summary>
[Cmdlet(VerbsCommon.Open, "TcpConnection", DefaultParameterSetName = HostSet)]
[OutputType(typeof(TcpConnection))]
public sealed class OpenTcpConnectionCommand : TcpClientCmdlet
{
    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = HostSet, ValueFromPipelineByPropertyName = true)]
    [Alias("HostName", "IPAddress", "Address")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ComputerNameCompleter))]
    public override string ComputerName { get; set; } = string.Empty;

    /// <inheritdoc/>
    [Parameter(Position = 1, ParameterSetName = HostSet, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(ServerPortCompleter<StreamServerJob>))]
    public override int Port { get; set; }

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
