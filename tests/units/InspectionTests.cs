using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Inspection;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>What is listed of the machine: by sock_diag(7) and from /proc/net, and by which process.</summary>
public class InspectionTests
{
    public static TheoryData<SocketProtocol, bool> InetKinds => new()
    {
        { SocketProtocol.Tcp, false },
        { SocketProtocol.Tcp, true },
        { SocketProtocol.Udp, false },
        { SocketProtocol.Udp, true },
    };

    [Theory]
    [MemberData(nameof(InetKinds))]
    public void Both_ways_tell_the_same_of_the_same_sockets(SocketProtocol protocol, bool six)
    {
        if (!OperatingSystem.IsLinux() || (six && !Socket.OSSupportsIPv6))
        {
            return;
        }

        using Sockets sockets = protocol == SocketProtocol.Tcp ? Sockets.Tcp(six) : Sockets.Udp(six);
        List<SocketInfo> diag = sockets.Of(DiagList(protocol));
        List<SocketInfo> proc = sockets.Of(ProcNet.List(protocol));

        // The kernel gives /proc/net page by page: a socket can be left out when others close in between.
        for (int i = 0; i < 20 && proc.Count < diag.Count; i++)
        {
            proc = sockets.Of(ProcNet.List(protocol));
        }

        Assert.Equal(sockets.Count, diag.Count);
        Assert.Equal(diag.Select(Describe), proc.Select(Describe));
        Assert.All(diag, socket => Assert.Equal(six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, socket.Family));
    }

    [LinuxFact]
    public async Task Both_ways_tell_the_bytes_that_wait()
    {
        using Sockets sockets = Sockets.Tcp(six: false);
        sockets.Client.Send(new byte[777]);
        await Waiting.Until(() => sockets.Accepted.Available == 777);

        foreach (IEnumerable<SocketInfo> list in new[] { DiagList(SocketProtocol.Tcp), ProcNet.List(SocketProtocol.Tcp) })
        {
            // The kernel gives its list page by page: a socket can be in it twice when others open in between.
            SocketInfo accepted = list.First(socket => socket.LocalPort == Port(sockets.Accepted)
                && socket.RemotePort == Port(sockets.Client) && IPAddress.Loopback.Equals(socket.Remote));
            Assert.Equal(777, accepted.ReceiveQueue);
            Assert.Equal(SocketState.Established, accepted.State);
            Assert.Equal(IPAddress.Loopback, accepted.Remote);
        }
    }

    [LinuxFact]
    public void Both_ways_tell_of_Unix_sockets_by_path_and_abstract()
    {
        string path = Path.Combine(Path.GetTempPath(), $"inspect-{Guid.NewGuid():N}");
        string hidden = $"\0inspect-{Guid.NewGuid():N}";
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using Socket abstractSocket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(3);
            abstractSocket.Bind(new UnixDomainSocketEndPoint(hidden));

            foreach (IEnumerable<SocketInfo> list in new[] { DiagList(SocketProtocol.Unix), ProcNet.List(SocketProtocol.Unix) })
            {
                SocketInfo[] all = [.. list];
                SocketInfo byPath = Assert.Single(all, socket => socket.Path == path);
                Assert.Equal(SocketState.Listen, byPath.State);
                Assert.Equal(SocketType.Stream, byPath.Type);
                Assert.Equal(OwnSockets.Describe(listener).Inode, byPath.Inode);
                Assert.Null(byPath.Local);
                SocketInfo byName = Assert.Single(all, socket => socket.Path == "@" + hidden[1..]);
                Assert.Equal(SocketType.Dgram, byName.Type);
                Assert.Equal(OwnSockets.Describe(abstractSocket).Inode, byName.Inode);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [LinuxFact]
    public void Only_the_states_asked_for_are_listed()
    {
        using Sockets sockets = Sockets.Tcp(six: false);
        List<SocketInfo> listeners = sockets.Of(DiagList(SocketProtocol.Tcp, 1u << (int)SocketState.Listen));
        List<SocketInfo> connected = sockets.Of(DiagList(SocketProtocol.Tcp, 1u << (int)SocketState.Established));

        Assert.Equal(SocketState.Listen, Assert.Single(listeners).State);
        Assert.Equal(2, connected.Count);
        Assert.All(connected, socket => Assert.Equal(SocketState.Established, socket.State));
    }

    [LinuxFact]
    public void What_TCP_knows_is_told_when_asked_for()
    {
        using Sockets sockets = Sockets.Tcp(six: false);
        uint established = 1u << (int)SocketState.Established;

        Assert.All(sockets.Of(DiagList(SocketProtocol.Tcp, established)), socket => Assert.Null(socket.TcpInfo));
        Assert.All(sockets.Of(DiagList(SocketProtocol.Tcp, established, detailed: true)), socket =>
        {
            Assert.True(socket.TcpInfo!.MaximumSegmentSize > 500);
            Assert.True(socket.TcpInfo.RoundTripTime > TimeSpan.Zero);
        });
    }

    [LinuxFact]
    public void A_list_that_is_broken_off_leaves_no_descriptor()
    {
        int before = NetlinkSockets();
        for (int i = 0; i < 50; i++)
        {
            Assert.Throws<TimeoutException>(
                () => MachineSockets.List([SocketProtocol.Unix], MachineSockets.AllStates, false, _ => throw new TimeoutException()));
        }

        // Other tests open and close some meanwhile.
        Assert.InRange(NetlinkSockets(), 0, before + 40);
    }

    /// <summary>A kernel whose module for a protocol is missing ends the list before it has begun, with ENOENT.</summary>
    [Theory]
    [InlineData(3, 0, true)]
    [InlineData(3, -2, false)]
    [InlineData(2, -2, false)]
    [InlineData(20, 0, null)]
    public void A_list_that_ends_with_an_error_is_none(short type, int result, bool? expected)
    {
        byte[] message = new byte[20];
        BitConverter.TryWriteBytes(message, message.Length);
        BitConverter.TryWriteBytes(message.AsSpan(4), type);
        BitConverter.TryWriteBytes(message.AsSpan(16), result);
        int read = 0;
        Assert.Equal(expected, SockDiag.Read(message, (_, _) => read++, SocketProtocol.Udp));
        Assert.Equal(expected is null ? 1 : 0, read);
    }

    [LinuxFact]
    public void The_process_of_a_socket_is_found()
    {
        using Sockets sockets = Sockets.Tcp(six: false);
        List<SocketInfo> found = sockets.Of(DiagList(SocketProtocol.Tcp));
        SocketProcesses processes = new();
        processes.Complete(found);

        Assert.False(processes.IsPartial);
        Assert.All(found, socket =>
        {
            Assert.Equal(Environment.ProcessId, socket.ProcessId);
            Assert.Equal(File.ReadAllText("/proc/self/comm").Trim(), socket.ProcessName);
            Assert.Equal(Environment.ProcessPath, socket.ProcessPath);
        });
    }

    [LinuxFact]
    public void A_socket_that_was_closed_before_the_search_has_no_process()
    {
        List<SocketInfo> found;
        using (Sockets sockets = Sockets.Udp(six: false))
        {
            found = sockets.Of(DiagList(SocketProtocol.Udp));
        }

        new SocketProcesses().Complete(found);
        Assert.NotEmpty(found);
        Assert.All(found, socket => Assert.Null(socket.ProcessId));
    }

    [LinuxFact]
    public void Only_the_processes_asked_for_are_looked_into()
    {
        using Sockets sockets = Sockets.Tcp(six: false);
        List<SocketInfo> found = sockets.Of(DiagList(SocketProtocol.Tcp));

        new SocketProcesses().Complete(found, process => process != Environment.ProcessId);
        Assert.All(found, socket => Assert.Null(socket.ProcessId));
        new SocketProcesses().Complete(found, process => process == Environment.ProcessId);
        Assert.All(found, socket => Assert.Equal(Environment.ProcessId, socket.ProcessId));
    }

    [LinuxFact]
    public void The_search_for_processes_can_be_stopped()
    {
        using Sockets sockets = Sockets.Tcp(six: false);
        using CancellationTokenSource stop = new();
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(
            () => new SocketProcesses().Complete(sockets.Of(DiagList(SocketProtocol.Tcp)), cancellationToken: stop.Token));
    }

    [LinuxFact]
    public void The_name_of_a_process_that_is_none_is_not_known()
    {
        SocketProcesses processes = new();
        Assert.Equal(File.ReadAllText("/proc/self/comm").Trim(), processes.NameOf(Environment.ProcessId));
        Assert.Null(processes.NameOf(int.MaxValue));
        Assert.False(processes.IsPartial);
    }

    [LinuxFact]
    public void Entries_that_are_numbers_are_read_and_a_folder_that_is_missing_has_none()
    {
        List<int> processes = [];
        using (NumberedEntries all = new("/proc"))
        {
            while (all.MoveNext())
            {
                processes.Add(all.Current);
            }

            Assert.False(all.IsDenied);
        }

        Assert.Contains(Environment.ProcessId, processes);
        Assert.DoesNotContain(0, processes);
        using NumberedEntries none = new($"/proc/{int.MaxValue}/fd");
        Assert.False(none.MoveNext());
        Assert.False(none.IsDenied);
    }

    [LinuxFact]
    public void A_link_local_address_has_its_interface()
    {
        if (NetworkCard.Up.SelectMany(card => card.Addresses).FirstOrDefault(own => own.Address.IsIPv6LinkLocal) is not { } own)
        {
            return;
        }

        using Socket socket = new(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(own.Address, 0));
        SocketInfo listed = Assert.Single(DiagList(SocketProtocol.Udp), info => info.Inode == OwnSockets.Describe(socket).Inode);
        Assert.Equal(own.Address, listed.Local);
        Assert.Equal(own.Address.ScopeId, listed.Local!.ScopeId);
    }

    [Theory]
    [InlineData("0100007F", "127.0.0.1")]
    [InlineData("00000000", "0.0.0.0")]
    [InlineData("FFFFFFFF", "255.255.255.255")]
    [InlineData("0302010A", "10.1.2.3")]
    [InlineData("00000000000000000000000001000000", "::1")]
    [InlineData("00000000000000000000000000000000", "::")]
    [InlineData("B80D0120000000000000000001000000", "2001:db8::1")]
    [InlineData("000080FE00000000FF005450785634FE", "fe80::5054:ff:fe34:5678")]
    [InlineData("0000000000000000FFFF00000100007F", "127.0.0.1")]
    public void Addresses_are_read_as_the_tables_of_proc_write_them(string hex, string address)
    {
        // They are words in the byte order of the machine, and these are of a little-endian one.
        if (BitConverter.IsLittleEndian)
        {
            Assert.Equal(IPAddress.Parse(address), ProcNet.ParseAddress(hex));
        }
    }

    [Fact]
    public void An_address_seen_before_is_not_made_anew()
    {
        IPAddress first = KnownAddresses.Get([10, 20, 30, 40]);
        Assert.Same(first, KnownAddresses.Get([10, 20, 30, 40]));
        Assert.NotEqual(first, KnownAddresses.Get([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 20, 30, 40]));
        for (int i = 0; i < 10_000; i++)
        {
            byte[] bytes = [10, 99, (byte)(i >> 8), (byte)i];
            Assert.Equal(new IPAddress(bytes), KnownAddresses.Get(bytes));
        }
    }

    private static string Describe(SocketInfo socket)
        => $"{socket} type {socket.Type} queues {socket.ReceiveQueue} user {socket.UserId} {socket.UserName} inode "
            + $"{socket.Inode} drops {socket.Drops}";

    private static List<SocketInfo> DiagList(SocketProtocol protocol, uint states = MachineSockets.AllStates, bool detailed = false)
    {
        List<SocketInfo> found = [];
        Assert.True(SockDiag.TryList(protocol, states, detailed, found.Add));
        return found;
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>How many descriptors of this process are those of a list: other tests open hundreds of other kinds.</summary>
    private static int NetlinkSockets()
    {
        HashSet<string> all = [.. File.ReadLines("/proc/net/netlink").Skip(1).Select(line => $"socket:[{line.TrimEnd().Split(' ')[^1]}]")];
        return Directory.GetFileSystemEntries("/proc/self/fd").Count(link => new FileInfo(link).LinkTarget is { } of && all.Contains(of));
    }

    /// <summary>Some sockets of this test.</summary>
    private sealed class Sockets : IDisposable
    {
        private readonly List<Socket> _all = [];

        internal int Count => _all.Count;

        internal Socket Client => _all[1];

        internal Socket Accepted => _all[2];

        internal static Sockets Tcp(bool six)
        {
            Sockets made = new();
            Socket listener = made.Bound(six, SocketType.Stream, ProtocolType.Tcp);
            listener.Listen(5);
            Socket client = made.Bound(six, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.LocalEndPoint!);
            made._all.Add(listener.Accept());
            return made;
        }

        internal static Sockets Udp(bool six)
        {
            Sockets made = new();
            Socket bound = made.Bound(six, SocketType.Dgram, ProtocolType.Udp);
            made.Bound(six, SocketType.Dgram, ProtocolType.Udp).Connect(bound.LocalEndPoint!);
            return made;
        }

        /// <summary>Those of a list that are sockets of this test, in the order of their inodes.</summary>
        internal List<SocketInfo> Of(IEnumerable<SocketInfo> list)
        {
            HashSet<long?> inodes = [.. _all.Select(socket => OwnSockets.Describe(socket).Inode)];
            return [.. list.Where(socket => inodes.Contains(socket.Inode)).OrderBy(socket => socket.Inode)];
        }

        public void Dispose() => _all.ForEach(socket => socket.Dispose());

        private Socket Bound(bool six, SocketType type, ProtocolType protocol)
        {
            Socket socket = new(six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, type, protocol);
            _all.Add(socket);
            socket.Bind(new IPEndPoint(six ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0));
            return socket;
        }
    }
}
