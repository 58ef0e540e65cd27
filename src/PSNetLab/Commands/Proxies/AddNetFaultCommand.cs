using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Adds faults to a running proxy; open connections have them, too.</summary>
[Cmdlet(VerbsCommon.Add, "NetFault")]
[OutputType(typeof(NetFault))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class AddNetFaultCommand : NetCmdlet
{
    private readonly List<NetFault> _faults = [];

    /// <summary>The proxy.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ProxyJobCompleter))]
    public ServerJob? Job { get; set; }

    /// <summary>The faults: objects of New-NetFault, or tables with its parameters as keys.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    [NoFiles]
    public object[]? Fault { get; set; }

    /// <summary>The faults of a known network.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NetProfileCompleter))]
    public string? Profile { get; set; }

    /// <summary>Returns the faults of the proxy, whose Hits count.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            _faults.AddRange(FaultInput.FromArgument(Fault, this));
        }
        catch (NetLabException fault)
        {
            Report(fault, Fault);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            _faults.AddRange(FaultInput.FromProfile(Profile));
            IReadOnlyList<NetFault> added = ProxyFaults.Of(Job!).Add(_faults);
            if (PassThru)
            {
                WriteObject(added, enumerateCollection: true);
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, Job!.Local);
        }
    }
}
