using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Proxies;

namespace PSNetLab.Commands;

/// <summary>The settings of a fault, which are also the keys of a table that describes one.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public abstract class NetFaultCmdlet : NetCmdlet
{
    /// <summary>The direction that the fault is about. Default: Both.</summary>
    [Parameter]
    public NetFaultDirection Direction { get; set; }

    /// <summary>Delays everything by so many milliseconds.</summary>
    [Parameter]
    [NoFiles]
    public double? LatencyMs { get; set; }

    /// <summary>Varies the delay by up to so many milliseconds.</summary>
    [Parameter]
    [NoFiles]
    public double? JitterMs { get; set; }

    /// <summary>How the delay varies. Default: Uniform.</summary>
    [Parameter]
    public JitterDistribution? Distribution { get; set; }

    /// <summary>Lets only so many bytes pass in a second, in each connection and direction.</summary>
    [Parameter]
    [NoFiles]
    public long? BytesPerSecond { get; set; }

    /// <summary>Sends a stream in pieces of so many bytes.</summary>
    [Parameter]
    [NoFiles]
    public int? SliceBytes { get; set; }

    /// <summary>The milliseconds between two pieces. Default: 1.</summary>
    [Parameter]
    [NoFiles]
    public double? SliceDelayMs { get; set; }

    /// <summary>Resets connections (RST).</summary>
    [Parameter]
    public SwitchParameter Reset { get; set; }

    /// <summary>Closes connections (FIN).</summary>
    [Parameter]
    public SwitchParameter Close { get; set; }

    /// <summary>Lets nothing pass.</summary>
    [Parameter]
    public SwitchParameter Stall { get; set; }

    /// <summary>Closes the port, so that new clients are refused.</summary>
    [Parameter]
    public SwitchParameter Refuse { get; set; }

    /// <summary>Ends one direction of connections (FIN).</summary>
    [Parameter]
    public SwitchParameter HalfClose { get; set; }

    /// <summary>Loses so many of 100 datagrams.</summary>
    [Parameter]
    [NoFiles]
    public double? LossPercent { get; set; }

    /// <summary>How many datagrams are lost in a row, on average.</summary>
    [Parameter]
    [NoFiles]
    public double? Burst { get; set; }

    /// <summary>Sends so many of 100 datagrams twice.</summary>
    [Parameter]
    [NoFiles]
    public double? DuplicatePercent { get; set; }

    /// <summary>Lets later datagrams pass so many of 100.</summary>
    [Parameter]
    [NoFiles]
    public double? ReorderPercent { get; set; }

    /// <summary>How many datagrams pass. Default: 3.</summary>
    [Parameter]
    [NoFiles]
    public int? ReorderGap { get; set; }

    /// <summary>Flips a bit in so many of 100 datagrams, or of 100 KiB of a stream.</summary>
    [Parameter]
    [NoFiles]
    public double? CorruptPercent { get; set; }

    /// <summary>Begins after so many bytes in its direction.</summary>
    [Parameter]
    [NoFiles]
    public long? AfterBytes { get; set; }

    /// <summary>Begins after so many seconds.</summary>
    [Parameter]
    [NoFiles]
    public double? AfterSec { get; set; }

    /// <summary>Hits only the first so many connections.</summary>
    [Parameter]
    [NoFiles]
    public int? First { get; set; }

    /// <summary>Hits only every so manieth connection.</summary>
    [Parameter]
    [NoFiles]
    public int? Every { get; set; }

    /// <summary>Hits a connection with this probability, in percent.</summary>
    [Parameter]
    [NoFiles]
    public double? Probability { get; set; }

    /// <summary>Ends after so many seconds.</summary>
    [Parameter]
    [NoFiles]
    public double? ForSec { get; set; }

    /// <summary>Hits only clients with these addresses or from these ranges; or only chunks for which a script block says so.</summary>
    [Parameter]
    [NoFiles]
    public object[]? Match { get; set; }

    /// <summary>The settings that were given, as a table that describes a fault.</summary>
    private protected Hashtable Settings()
    {
        Hashtable settings = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, object value) in MyInvocation.BoundParameters)
        {
            if (typeof(NetFaultSpec).GetProperty(name) is not null)
            {
                settings[name] = value is SwitchParameter one ? one.IsPresent : value;
            }
        }

        return settings;
    }
}
