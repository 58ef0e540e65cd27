using System.Net;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Inspection;
using PSNetLab.Engine.Native.MacOS;
using static PSNetLab.Engine.Tests.MacSocket;

namespace PSNetLab.Engine.Tests;

/// <summary>The list of a Mac's sockets, from what its processes have and from the list of all.</summary>
public class MacSocketsTests
{
    private const int NotPermitted = -1;
    private const int NoSuchProcess = -3;

    [Fact]
    public void The_sockets_of_all_processes_are_listed_by_protocol()
    {
        Machine machine = new();
        machine.Add(10, 3, MacSocket.Tcp(1, "127.0.0.1", 80, "0.0.0.0", 0));
        machine.Add(10, 4, MacSocket.Udp("127.0.0.1", 53, "0.0.0.0", 0));
        machine.Add(11, 5, Unix("/x", 2, 0));

        Assert.Equal(["Tcp Listen 127.0.0.1:80 of 10"], List(machine, [SocketProtocol.Tcp]));
        Assert.Equal(["Udp Closed 127.0.0.1:53 of 10", "Unix Listen /x of 11"], List(machine, [SocketProtocol.Udp, SocketProtocol.Unix]));
    }

    [Fact]
    public void Other_descriptors_are_not_asked_for_a_socket()
    {
        Machine machine = new();
        machine.Add(10, 0, MacSocket.Tcp(4, "127.0.0.1", 1, "127.0.0.1", 2), kind: 1);
        machine.Add(10, 1, MacSocket.Tcp(4, "127.0.0.1", 3, "127.0.0.1", 4));

        Assert.Equal(["Tcp Established 127.0.0.1:3 - 127.0.0.1:4 of 10"], List(machine));
        Assert.Equal(1, machine.SocketsRead);
    }

    [Fact]
    public void A_socket_of_several_processes_is_listed_once()
    {
        Machine machine = new();
        byte[] shared = MacSocket.Tcp(1, "127.0.0.1", 80, "0.0.0.0", 0, identity: 77);
        machine.Add(10, 3, shared);
        machine.Add(11, 3, shared);
        machine.Add(12, 3, MacSocket.Tcp(1, "127.0.0.1", 80, "0.0.0.0", 0, identity: 78));

        Assert.Equal(["Tcp Listen 127.0.0.1:80 of 10", "Tcp Listen 127.0.0.1:80 of 12"], List(machine));
    }

    [Fact]
    public void A_socket_that_is_neither_bound_nor_connected_is_not_listed()
    {
        Machine machine = new();
        machine.Add(10, 3, MacSocket.Tcp(0, "0.0.0.0", 0, "0.0.0.0", 0));
        machine.Add(10, 4, Unix(null, 0, 0));

        Assert.Equal(["Unix Closed of 10"], List(machine, [SocketProtocol.Tcp, SocketProtocol.Unix]));
        SocketInfo fresh = new MacSockets(machine).Find(10, 3)!;
        Assert.Equal("Tcp Closed", fresh.ToString());
        Assert.Null(fresh.LocalPort);
    }

    [Fact]
    public void A_process_that_has_ended_or_may_not_be_looked_into_is_left_out()
    {
        Machine machine = new();
        machine.Refuse(9, NotPermitted);
        machine.Refuse(10, NoSuchProcess);
        machine.Add(11, 3, MacSocket.Tcp(4, "127.0.0.1", 1, "127.0.0.1", 2));
        machine.Add(11, 4, []);

        Assert.Equal(["Tcp Established 127.0.0.1:1 - 127.0.0.1:2 of 11"], List(machine));
    }

    [Fact]
    public void Lists_longer_than_the_first_buffer_are_read_to_the_end()
    {
        Machine machine = new();
        for (int process = 1; process <= 9000; process++)
        {
            machine.Refuse(process, NotPermitted);
        }

        for (int port = 1; port <= 5000; port++)
        {
            machine.Add(10_000, port, MacSocket.Tcp(1, "127.0.0.1", port, "0.0.0.0", 0, identity: (ulong)port));
        }

        Assert.Equal(5000, List(machine).Count);
    }

    [Fact]
    public void What_no_visible_process_has_is_taken_from_the_list_of_all()
    {
        Machine machine = new();
        machine.Add(10, 3, MacSocket.Tcp(4, "127.0.0.1", 80, "127.0.0.1", 5000, identity: 1));
        machine.Add(10, 4, MacSocket.Tcp(1, "0.0.0.0", 80, "0.0.0.0", 0, identity: 2));

        List<string> found = List(
            machine,
            null,
            Endpoints(SocketState.Established, "127.0.0.1", 80, "127.0.0.1", 5000),
            Endpoints(SocketState.Listen, "0.0.0.0", 80),
            Endpoints(SocketState.TimeWait, "127.0.0.1", 80, "127.0.0.1", 5001),
            Endpoints(SocketState.Listen, "0.0.0.0", 80));

        Assert.Equal(
            ["Tcp Established 127.0.0.1:80 - 127.0.0.1:5000 of 10", "Tcp Listen 0.0.0.0:80 of 10",
                "Tcp TimeWait 127.0.0.1:80 - 127.0.0.1:5001 of ", "Tcp Listen 0.0.0.0:80 of "],
            found);
    }

    [Fact]
    public void A_listener_on_all_addresses_of_both_versions_is_recognised()
    {
        Machine machine = new();
        machine.Add(10, 3, MacSocket.Tcp(1, "::", 80, "::", 0));
        machine.Add(10, 4, MacSocket.Tcp(4, "fe80:4::1", 81, "fe80:4::2", 5000, identity: 2));

        Assert.Equal(2, List(machine, null, Endpoints(SocketState.Listen, "0.0.0.0", 80),
            Endpoints(SocketState.Established, "fe80:4::1", 81, "fe80:4::2", 5000)).Count);
        Assert.Equal(2, List(machine, null, Endpoints(SocketState.Listen, "::", 80),
            Endpoints(SocketState.Established, "fe80::1%4", 81, "fe80::2%4", 5000)).Count);
    }

    [Fact]
    public void A_datagram_socket_with_a_peer_is_recognised_without_it()
    {
        Machine machine = new();
        machine.Add(10, 3, MacSocket.Udp("127.0.0.1", 5353, "127.0.0.1", 53));

        Assert.Equal(["Udp Established 127.0.0.1:5353 - 127.0.0.1:53 of 10"], List(
            machine, [SocketProtocol.Udp], Endpoints(SocketState.Closed, "127.0.0.1", 5353, protocol: SocketProtocol.Udp)));
    }

    [Fact]
    public void A_socket_is_found_by_its_descriptor()
    {
        Machine machine = new();
        machine.Add(10, 3, MacSocket.Tcp(5, "127.0.0.1", 80, "127.0.0.1", 5000));

        Assert.Equal(SocketState.CloseWait, new MacSockets(machine).Find(10, 3)!.State);
        Assert.Null(new MacSockets(machine).Find(10, 4));
        Assert.Null(new MacSockets(machine).Find(11, 3));
    }

    private static List<string> List(Machine machine, SocketProtocol[]? protocols = null, params SocketInfo[] all)
    {
        List<string> found = [];
        new MacSockets(machine).List(protocols ?? [SocketProtocol.Tcp], all, socket => found.Add($"{socket} of {socket.ProcessId}"));
        return found;
    }

    private static SocketInfo Endpoints(SocketState state, string local, int localPort, string? remote = null, int? remotePort = null,
        SocketProtocol protocol = SocketProtocol.Tcp)
        => new()
    {
        Protocol = protocol,
        State = state,
        Local = IPAddress.Parse(local),
        LocalPort = localPort,
        Remote = remote is null ? null : IPAddress.Parse(remote),
        RemotePort = remotePort,
    };

    /// <summary>A machine that has the processes it is told to have.</summary>
    private sealed class Machine : IProcessDescriptors
    {
        private readonly SortedDictionary<int, SortedDictionary<int, (byte[] Socket, int Kind)>> _processes = [];
        private readonly Dictionary<int, int> _refused = [];

        internal int SocketsRead { get; private set; }

        internal void Add(int process, int descriptor, byte[] socket, int kind = 2)
        {
            if (!_processes.TryGetValue(process, out SortedDictionary<int, (byte[] Socket, int Kind)>? descriptors))
            {
                _processes.Add(process, descriptors = []);
            }

            descriptors.Add(descriptor, (socket, kind));
        }

        internal void Refuse(int process, int error) => _refused.Add(process, error);

        public int ListProcesses(Span<byte> numbers) => Fill(numbers, [.. _refused.Keys, .. _processes.Keys]);

        public int ListDescriptors(int process, Span<byte> descriptors) => _refused.TryGetValue(process, out int error)
            ? error
            : Fill(descriptors, [.. _processes[process].SelectMany(entry => new[] { entry.Key, entry.Value.Kind })]);

        public int ReadSocket(int process, int descriptor, Span<byte> socket)
        {
            SocketsRead++;
            if (!_processes.TryGetValue(process, out SortedDictionary<int, (byte[] Socket, int Kind)>? descriptors)
                || !descriptors.TryGetValue(descriptor, out (byte[] Socket, int Kind) found))
            {
                return NoSuchProcess;
            }

            found.Socket.CopyTo(socket);
            return found.Socket.Length;
        }

        // As the kernel does: what does not fit is left out without a word.
        private static int Fill(Span<byte> buffer, int[] numbers)
        {
            ReadOnlySpan<byte> all = MemoryMarshal.AsBytes(numbers.AsSpan());
            int bytes = Math.Min(buffer.Length, all.Length);
            all[..bytes].CopyTo(buffer);
            return bytes;
        }
    }
}
