using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using PSNetLab.Engine;
using PSNetLab.Jobs;
using PSNetLab.Parameters;

namespace PSNetLab.Commands;

/// <summary>Looks into a socket, or lists the sockets of the machine.</summary>
[Cmdlet(VerbsCommon.Get, "SocketInfo", DefaultParameterSetName = MachineSet)]
[OutputType(typeof(SocketInfo))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class GetSocketInfoCommand : NetCmdlet
{
    private const string MachineSet = "Machine";
    private const string ObjectSet = "Object";

    private SocketProcesses? _processes;
    private AddressFilter? _local;
    private AddressFilter? _remote;
    private WildcardPattern[]? _names;
    private uint _states;

    /// <summary>The object to look into: a server job or connection of this module, or a Socket, TcpClient, TcpListener or UdpClient of .NET.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    public object? InputObject { get; set; }

    /// <summary>The protocols to list: Tcp, Udp, Unix. Default: Tcp and Udp.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public SocketProtocol[] Protocol { get; set; } = [SocketProtocol.Tcp, SocketProtocol.Udp];

    /// <summary>Only sockets in these states.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public SocketState[]? State { get; set; }

    /// <summary>Only sockets that wait for somebody: TCP in state Listen, datagram sockets without a peer.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public SwitchParameter Listening { get; set; }

    /// <summary>Only sockets with one of these local ports.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [ArgumentCompleter(typeof(ServerPortCompleter<SocketJob>))]
    public int[]? LocalPort { get; set; }

    /// <summary>Only sockets with a peer on one of these ports.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [ArgumentCompleter(typeof(ServerPortCompleter<SocketJob>))]
    public int[]? RemotePort { get; set; }

    /// <summary>Only sockets with a local address in one of these: addresses or CIDR ranges.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [ArgumentCompleter(typeof(OwnAddressCompleter))]
    public string[]? LocalAddress { get; set; }

    /// <summary>Only sockets with a peer in one of these: addresses or CIDR ranges.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public string[]? RemoteAddress { get; set; }

    /// <summary>Only sockets of these processes. Implies -IncludeProcess.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public int[]? ProcessId { get; set; }

    /// <summary>Only sockets of processes with these names; wildcards are allowed. Implies -IncludeProcess.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[]? ProcessName { get; set; }

    /// <summary>Also finds out which process has each socket: on Linux only, and of other users' processes only with the rights for it.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public SwitchParameter IncludeProcess { get; set; }

    /// <summary>Also asks for what TCP itself knows: round-trip time, congestion window and more. Linux only.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            if (ParameterSetName == ObjectSet)
            {
                (System.Net.Sockets.Socket socket, Totals? counts) = SocketSource.Find(InputObject);
                WriteObject(OwnSockets.Describe(socket, counts));
            }
            else
            {
                ListMachine();
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, InputObject);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }

    private void ListMachine()
    {
        _local = LocalAddress is null ? null : new AddressFilter(LocalAddress, null);
        _remote = RemoteAddress is null ? null : new AddressFilter(RemoteAddress, null);
        _names = ProcessName is null ? null : Array.ConvertAll(ProcessName, name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase));
        _states = State?.Aggregate(0u, (mask, state) => mask | (1u << (int)state)) ?? MachineSockets.AllStates;
        if (Listening)
        {
            _states &= (1u << (int)SocketState.Listen) | (1u << (int)SocketState.Closed);
        }

        if (IncludeProcess || ProcessId is not null || ProcessName is not null)
        {
            FindProcesses();
        }

        foreach (SocketProtocol protocol in Protocol.Distinct())
        {
            MachineSockets.List(protocol, _states, Detailed, Consider);
        }
    }

    private void FindProcesses()
    {
        if (!OperatingSystem.IsLinux())
        {
            WriteWarning("This system does not tell which process has a socket here: ProcessId, ProcessName and ProcessPath stay empty.");
            return;
        }

        _processes = SocketProcesses.Scan(StopToken);
        if (_processes.IsPartial)
        {
            WriteWarning("The sockets of other users' processes are shown without the process: to see it takes the rights of root, or CAP_SYS_PTRACE.");
        }
    }

    private void Consider(SocketInfo socket)
    {
        StopToken.ThrowIfCancellationRequested();
        if ((_states & (1u << (int)socket.State)) == 0
            || (Listening && socket.Protocol == SocketProtocol.Tcp && socket.State != SocketState.Listen)
            || (LocalPort is not null && !LocalPort.Contains(socket.LocalPort ?? -1))
            || (RemotePort is not null && !RemotePort.Contains(socket.RemotePort ?? -1))
            || !Matches(_local, socket.LocalAddress)
            || !Matches(_remote, socket.RemoteAddress))
        {
            return;
        }

        _processes?.Complete(socket);
        if ((ProcessId is null || ProcessId.Contains(socket.ProcessId ?? -1))
            && (_names is null || Array.Exists(_names, name => socket.ProcessName is not null && name.IsMatch(socket.ProcessName))))
        {
            WriteObject(socket);
        }
    }

    private static bool Matches(AddressFilter? filter, IPAddress? address) => filter is null || (address is not null && filter.IsAllowed(address));
}
