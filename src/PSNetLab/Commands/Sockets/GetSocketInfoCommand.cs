using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Inspection;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Shows a socket in detail, or lists the sockets of the machine.</summary>
[Cmdlet(VerbsCommon.Get, "SocketInfo", DefaultParameterSetName = MachineSet)]
[OutputType(typeof(SocketInfo))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class GetSocketInfoCommand : NetCmdlet
{
    private const string MachineSet = "Machine";
    private const string ObjectSet = "Object";

    private const string ProcessesUnknown = "Some sockets are shown without a process: "
        + "they belong to other users, and only root can see those processes (on Linux, CAP_SYS_PTRACE is enough).";
    private const string ProgramsUnknown = "Some processes are shown without a name or path: "
        + "they belong to the system or to other users, and only an administrator can see those.";

    private readonly SocketProcesses _processes = new();
    private AddressFilter? _local;
    private AddressFilter? _remote;
    private WildcardPattern[]? _names;
    private readonly List<int> _given = [];
    private uint _states;

    /// <summary>
    /// The objects to show: server jobs and connections of this module, Socket, TcpClient, TcpListener and UdpClient of .NET, or
    /// processes, whose sockets are listed.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    [ArgumentCompleter(typeof(SocketObjectCompleter))]
    public object? InputObject { get; set; }

    /// <summary>The protocols to list: Tcp, Udp, Unix. Default: Tcp and Udp.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public SocketProtocol[] Protocol { get; set; } = [SocketProtocol.Tcp, SocketProtocol.Udp];

    /// <summary>Only sockets in these states.</summary>
    /// <remarks>It is text because PowerShell would complete an enum by itself, without the words of ss.</remarks>
    [Parameter(ParameterSetName = MachineSet)]
    [SocketStateTransformation]
    [ArgumentCompleter(typeof(SocketStateCompleter))]
    public string[]? State { get; set; }

    /// <summary>Only sockets that wait for a peer: TCP in state Listen, datagram sockets without a peer.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public SwitchParameter Listening { get; set; }

    /// <summary>Only sockets with one of these ports, local or of the peer: both ends of connections, and listeners.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(ServerPortCompleter<ServerJob>))]
    public int[]? Port { get; set; }

    /// <summary>Only sockets with one of these local ports.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [ValidateRange(0, 65535)]
    [ArgumentCompleter(typeof(ServerPortCompleter<ServerJob>))]
    public int[]? LocalPort { get; set; }

    /// <summary>Only sockets with a peer on one of these ports.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(ServerPortCompleter<ServerJob>))]
    public int[]? RemotePort { get; set; }

    /// <summary>Only sockets with a local address in one of these: addresses or CIDR ranges.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [ArgumentCompleter(typeof(OwnAddressCompleter))]
    public string[]? LocalAddress { get; set; }

    /// <summary>Only sockets with a peer in one of these: addresses or CIDR ranges.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [NoFiles]
    public string[]? RemoteAddress { get; set; }

    /// <summary>Only sockets of these processes. Implies -IncludeProcess.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int[]? ProcessId { get; set; }

    /// <summary>Only sockets of processes with these names; wildcards are allowed. Implies -IncludeProcess.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[]? ProcessName { get; set; }

    /// <summary>Also finds the process that has each socket open; for other users' processes this needs extra rights.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public SwitchParameter IncludeProcess { get; set; }

    /// <summary>Also reads the kernel's TCP measurements: round-trip time, congestion window and more. Linux only.</summary>
    [Parameter(ParameterSetName = MachineSet)]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(() =>
    {
        if (ParameterSetName == MachineSet)
        {
            ListMachine();
        }
        else if (InputObject.Unwrapped() is IList list)
        {
            foreach (object? element in list)
            {
                Show(element);
            }
        }
        else
        {
            Show(InputObject);
        }
    });

    /// <summary>Lists the sockets of all processes that were given, in one pass over the machine.</summary>
    protected override void EndProcessing()
    {
        if (_given.Count > 0)
        {
            ProcessId = [.. _given];
            Guard(ListMachine);
        }
    }

    private void Guard(Action work)
    {
        try
        {
            work();
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

    private void Show(object? source)
    {
        if (source.Unwrapped() is System.Diagnostics.Process process)
        {
            _given.Add(process.Id);
            return;
        }

        try
        {
            (Socket socket, Totals? counts) = SocketSource.Find(source);
            WriteObject(OwnSockets.Describe(socket, counts));
        }
        catch (NetLabException fault)
        {
            string hint = source.Unwrapped() is int port
                ? $" To list the sockets that use a port: Get-SocketInfo -Port {port}."
                : string.Empty;
            Report(fault.Kind == FaultKind.NoSocket ? new NetLabException(fault.Kind, fault.Message + hint) : fault, source);
        }
    }

    private void ListMachine()
    {
        _local = LocalAddress is null ? null : new AddressFilter(LocalAddress, null);
        _remote = RemoteAddress is null ? null : new AddressFilter(RemoteAddress, null);
        _names = ProcessName is null ? null : Array.ConvertAll(ProcessName, name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase));
        _states = State?.Aggregate(0u, (mask, state) => mask | (1u << (int)Enum.Parse<SocketState>(state))) ?? MachineSockets.AllStates;
        if (Listening)
        {
            _states &= (1u << (int)SocketState.Listen) | (1u << (int)SocketState.Closed);
        }

        bool ofProcesses = ProcessId is not null || ProcessName is not null;
        List<SocketInfo> found = [];
        MachineSockets.List([.. Protocol.Distinct()], _states, Detailed, socket =>
        {
            StopToken.ThrowIfCancellationRequested();
            if (!IsAsked(socket))
            {
                return;
            }

            if (ofProcesses || IncludeProcess)
            {
                found.Add(socket);
            }
            else
            {
                WriteObject(socket);
            }
        });
        _processes.Complete(found, ofProcesses ? IsAsked : null, StopToken);
        if (_processes.IsPartial)
        {
            WriteWarning(OperatingSystem.IsWindows() ? ProgramsUnknown : ProcessesUnknown);
        }

        foreach (SocketInfo socket in found)
        {
            if (!ofProcesses || (socket.ProcessId is { } process && IsAsked(process)))
            {
                WriteObject(socket);
            }
        }
    }

    private bool IsAsked(SocketInfo socket)
        => (_states & (1u << (int)socket.State)) != 0
            && !(Listening && socket.Type != SocketType.Dgram && socket.State != SocketState.Listen)
            && (Port is null || Port.Contains(socket.LocalPort ?? -1) || Port.Contains(socket.RemotePort ?? -1))
            && (LocalPort is null || LocalPort.Contains(socket.LocalPort ?? -1))
            && (RemotePort is null || RemotePort.Contains(socket.RemotePort ?? -1))
            && Matches(_local, socket.Local)
            && Matches(_remote, socket.Remote);

    private bool IsAsked(int process)
        => (ProcessId is null || ProcessId.Contains(process))
            && (_names is null || (_processes.NameOf(process) is { } name && Array.Exists(_names, pattern => pattern.IsMatch(name))));

    private static bool Matches(AddressFilter? filter, IPAddress? address)
        => filter is null || (address is not null && filter.IsAllowed(address));
}
