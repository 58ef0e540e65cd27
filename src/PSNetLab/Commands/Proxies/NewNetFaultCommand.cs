using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Conversion;

namespace PSNetLab.Commands;

/// <summary>Makes a fault for a proxy: what goes wrong, when, and for whom.</summary>
[Cmdlet(VerbsCommon.New, "NetFault")]
[OutputType(typeof(NetFault))]
public sealed class NewNetFaultCommand : NetFaultCmdlet
{
    /// <summary>The name, for records, counts and Set-NetFault. Default: what the fault does, such as Latency.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? Name { get; set; }

    /// <summary>The faults of a known network.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NetProfileCompleter))]
    public string? Profile { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            if (Profile is null)
            {
                WriteObject(FaultInput.FromTable(Settings(), this), enumerateCollection: true);
                return;
            }

            if (Settings().Count > 0)
            {
                throw new NetLabException(FaultKind.InvalidParameters, "-Profile stands for faults with settings of their own. Leave the "
                    + "others out, or make a second fault with them.");
            }

            WriteObject(FaultInput.FromProfile(Profile), enumerateCollection: true);
        }
        catch (NetLabException fault)
        {
            Fail(fault, Name);
        }
    }
}
