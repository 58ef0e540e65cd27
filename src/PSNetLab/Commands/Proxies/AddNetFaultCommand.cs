using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Proxies;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Adds faults to a running proxy; open connections have them, too.</summary>
[Cmdlet(VerbsCommon.Add, "NetFault")]
[OutputType(typeof(NetFault))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class AddNetFaultCommand : NetFaultCmdlet
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

    /// <summary>The name of a fault that the other parameters describe. Default: what it does, such as Latency.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? Name { get; set; }

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
            FaultTable table = ProxyFaults.OfRunning(Job!);
            _faults.AddRange(FaultInput.FromProfile(Profile));
            if (Settings() is { Count: > 0 } settings)
            {
                _faults.AddRange(FaultInput.FromTable(settings, this));
            }
            else if (Fault is null && Profile is null && !MyInvocation.ExpectingInput)
            {
                throw new NetLabException(FaultKind.InvalidParameters, "Say what is to go wrong: give a fault of New-NetFault, its "
                    + "parameters, such as -LatencyMs 100, or a -Profile.") { Subject = Job!.Name };
            }

            IReadOnlyList<NetFault> added = table.Add(_faults);
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
