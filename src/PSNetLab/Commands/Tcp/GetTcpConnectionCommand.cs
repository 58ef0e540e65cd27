using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Gets the open connections of a server, or those opened here.</summary>
[Cmdlet(VerbsCommon.Get, "TcpConnection")]
[OutputType(typeof(TcpConnection))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class GetTcpConnectionCommand : NetCmdlet
{
    /// <summary>The server whose connections to get. Default: those that Open-TcpConnection opened in this process.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<TcpServerJob>))]
    public TcpServerJob? Job { get; set; }

    /// <summary>The numbers of the connections to get. Default: all.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ConnectionIdCompleter))]
    public int[]? Id { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        TcpConnection[] connections = [.. Job is null ? LiveJobs.Connections : Job.Connections.OrderBy(connection => connection.Id)];
        if (Id is null)
        {
            WriteObject(connections, enumerateCollection: true);
            return;
        }

        foreach (int id in Id)
        {
            if (Array.Find(connections, connection => connection.Id == id) is { } found)
            {
                WriteObject(found);
            }
            else
            {
                WriteError(Errors.Record(FaultKind.ConnectionNotFound, $"There is no open connection {id} "
                    + $"{(Job is null ? "that was opened here; use -Job for one of a server" : $"on {Job.Local}")}. "
                    + "Get-TcpConnection without -Id lists them.", id));
            }
        }
    }
}
