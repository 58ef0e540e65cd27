using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Gets the faults of a running proxy, with what they did.</summary>
[Cmdlet(VerbsCommon.Get, "NetFault")]
[OutputType(typeof(NetFault))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class GetNetFaultCommand : NetCmdlet
{
    /// <summary>The proxy.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ProxyJobCompleter))]
    public ServerJob? Job { get; set; }

    /// <summary>The names of the faults, with wildcards. Default: all.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NetFaultCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            try
            {
                WriteObject(ProxyFaults.Find(ProxyFaults.Of(Job!), name), enumerateCollection: true);
            }
            catch (NetLabException fault)
            {
                Report(fault, name);
            }
        }
    }
}
