using System.Collections;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Proxies;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Changes faults of a running proxy.</summary>
[Cmdlet(VerbsCommon.Set, "NetFault", SupportsShouldProcess = true)]
[OutputType(typeof(NetFault))]
public sealed class SetNetFaultCommand : NetFaultCmdlet
{
    /// <summary>The proxy.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ProxyJobCompleter))]
    public ServerJob? Job { get; set; }

    /// <summary>The name of the fault, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NetFaultCompleter))]
    public string? Name { get; set; }

    /// <summary>Returns the faults as they are now.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            FaultTable table = ProxyFaults.OfRunning(Job!);
            Hashtable settings = Settings();
            settings.Remove(nameof(Name));
            if (settings.Count == 0)
            {
                throw new NetLabException(FaultKind.InvalidParameters, "Say what is to change, with a parameter of New-NetFault such as "
                    + "-LatencyMs 100.") { Subject = Name };
            }

            foreach (NetFault fault in ProxyFaults.Find(table, Name!))
            {
                Change(table, fault, settings);
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, Name);
        }
    }

    private void Change(FaultTable table, NetFault fault, Hashtable settings)
    {
        try
        {
            NetFaultSpec spec = FaultInput.Change(fault, settings, this);
            if (ShouldProcess($"{fault.Name} of {Job!.Local}", "Change fault"))
            {
                NetFault changed = table.Set(fault, spec);
                if (PassThru)
                {
                    WriteObject(changed);
                }
            }
        }
        catch (NetLabException error)
        {
            Report(error, fault.Name);
        }
    }
}
