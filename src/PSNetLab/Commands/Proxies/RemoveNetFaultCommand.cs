using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Proxies;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Removes faults from a running proxy.</summary>
[Cmdlet(VerbsCommon.Remove, "NetFault", SupportsShouldProcess = true)]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class RemoveNetFaultCommand : NetCmdlet
{
    /// <summary>The proxy.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ProxyJobCompleter))]
    public ServerJob? Job { get; set; }

    /// <summary>The names of the faults, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NetFaultCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name!)
        {
            try
            {
                FaultTable table = ProxyFaults.OfRunning(Job!);
                NetFault[] found = ProxyFaults.Find(table, name);
                if (found.Length > 0 && ShouldProcess($"{name} of {Job!.Local}", "Remove fault"))
                {
                    table.Remove(fault => Array.Exists(found, fault.IsSame));
                }
            }
            catch (NetLabException fault)
            {
                Report(fault, name);
            }
        }
    }
}
