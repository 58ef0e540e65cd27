using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>A cmdlet that checks ports of hosts.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public abstract class HostCheckCmdlet : CheckCmdlet
{
    private CheckedNames? _names;

    private protected HostCheckCmdlet(TimeSpan timeout)
        : base(timeout)
    {
    }

    /// <summary>
    /// The names or addresses of the hosts, each with or without a port (web1:443, [2001:db8::1]:443), or TCP servers and connections of
    /// this module.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("HostName", "IPAddress")]
    [ValidateNotNullOrEmpty]
    [HostTransformation]
    [ArgumentCompleter(typeof(ComputerNameCompleter))]
    public virtual string[] ComputerName { get; set; } = [];

    /// <summary>The ports and ranges of ports, such as 80, 443, '8000-8010', for the hosts that have none of their own.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, 65535)]
    [PortTransformation]
    [ArgumentCompleter(typeof(ServerPortCompleter<StreamServerJob>))]
    public virtual int[]? Port { get; set; }

    /// <summary>The family of the addresses to try. Default: both.</summary>
    private protected virtual IPFamily Family => IPFamily.Any;

    /// <summary>The port of hosts for which none is given; null if one must be.</summary>
    private protected virtual int? DefaultPort => null;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _names = new CheckedNames(Family, CheckTimeout, CheckToken);
    }

    private protected override object?[] Inputs => [ComputerName, Port];

    private protected override void AddInput()
    {
        List<(string Host, int[] Ports)> hosts = [];
        foreach (string text in ComputerName)
        {
            HostPort.TrySplit(text, out string host, out int? own);
            
            // A cell of a CSV file may be empty.
            int[] ports = own is { } port ? [port] : Port is { Length: > 0 } given ? given : DefaultPort is { } usual ? [usual] : [];
            if (ports.Length > 0)
            {
                hosts.Add((host, ports));
            }
            else
            {
                ReportBad(
                    new NetLabException(
                        FaultKind.InvalidParameters, $"There is no port for '{host}'. Use -Port, or write {Addresses.Join(host, 443)}."),
                    host);
            }
        }

        Add(Checks(hosts));
    }

    /// <summary>Makes the check of a port.</summary>
    private protected abstract ICheck NewCheck(CheckedName name, int port);

    // Called from other threads, as checks are needed.
    private IEnumerable<ICheck> Checks(List<(string Host, int[] Ports)> hosts)
    {
        foreach ((string host, int[] ports) in hosts)
        {
            CheckedName name = _names!.Get(host);
            foreach (int port in ports)
            {
                yield return NewCheck(name, port);
            }
        }
    }
}
