using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PSNetLab.Engine.Inspection;

namespace PSNetLab.Engine.Tests;

/// <summary>The tables of Windows, made by hand from the documentation of their rows (tcpmib.h, udpmib.h).</summary>
public class WindowsSocketsTests
{
    private const uint InsufficientBuffer = 122;

    [Fact]
    public void A_table_of_TCP_over_IPv4_is_read()
    {
        List<SocketInfo> sockets = Read(
            SocketProtocol.Tcp, six: false, Tcp4(TcpState.Established, "192.0.2.1", 8080, "198.51.100.7", 443, 4711));

        SocketInfo socket = Assert.Single(sockets);
        Assert.Equal("Tcp Established 192.0.2.1:8080 - 198.51.100.7:443", socket.ToString());
        Assert.Equal(AddressFamily.InterNetwork, socket.Family);
        Assert.Equal(SocketType.Stream, socket.Type);
        Assert.Equal(4711, socket.ProcessId);
        Assert.Null(socket.ReceiveQueue);
        Assert.Null(socket.SendQueue);
        Assert.Null(socket.UserId);
        Assert.Null(socket.Inode);
    }

    [Fact]
    public void A_table_of_TCP_over_IPv6_is_read()
    {
        SocketInfo socket = Assert.Single(
            Read(SocketProtocol.Tcp, six: true, Tcp6(TcpState.CloseWait, "2001:db8::1", 0, 65535, "2001:db8::2", 0, 1, 8)));

        Assert.Equal("Tcp CloseWait [2001:db8::1]:65535 - [2001:db8::2]:1", socket.ToString());
        Assert.Equal(AddressFamily.InterNetworkV6, socket.Family);
        Assert.Equal(8, socket.ProcessId);
    }

    [Theory]
    [InlineData(false, "0.0.0.0")]
    [InlineData(true, "::")]
    [InlineData(true, "::1")]
    public void A_table_of_UDP_is_read(bool six, string address)
    {
        SocketInfo socket = Assert.Single(Read(SocketProtocol.Udp, six, Udp(address, 0, 5353, 99)));

        Assert.Equal(SocketProtocol.Udp, socket.Protocol);
        Assert.Equal(SocketType.Dgram, socket.Type);
        Assert.Equal(SocketState.Closed, socket.State);
        Assert.Equal(IPAddress.Parse(address), socket.Local);
        Assert.Equal(5353, socket.LocalPort);
        Assert.Null(socket.Remote);
        Assert.Null(socket.RemotePort);
        Assert.Equal(99, socket.ProcessId);
    }

    [Theory]
    [InlineData(1, SocketState.Closed)]
    [InlineData(2, SocketState.Listen)]
    [InlineData(3, SocketState.SynSent)]
    [InlineData(4, SocketState.SynReceived)]
    [InlineData(5, SocketState.Established)]
    [InlineData(6, SocketState.FinWait1)]
    [InlineData(7, SocketState.FinWait2)]
    [InlineData(8, SocketState.CloseWait)]
    [InlineData(9, SocketState.Closing)]
    [InlineData(10, SocketState.LastAck)]
    [InlineData(11, SocketState.TimeWait)]
    [InlineData(12, SocketState.Closed)]
    [InlineData(0, SocketState.Unknown)]
    [InlineData(13, SocketState.Unknown)]
    [InlineData(-1, SocketState.Unknown)]
    public void States_are_read_by_the_numbers_of_Windows(int number, SocketState state)
    {
        Assert.Equal(state, Read(SocketProtocol.Tcp, false, Tcp4((TcpState)number, "127.0.0.1", 1, "127.0.0.1", 2, 1))[0].State);
        Assert.Equal(state, Read(SocketProtocol.Tcp, true, Tcp6((TcpState)number, "::1", 0, 1, "::1", 0, 2, 1))[0].State);
    }

    [Fact]
    public void What_a_listener_has_for_a_peer_means_nothing()
    {
        SocketInfo four = Read(SocketProtocol.Tcp, false, Tcp4(TcpState.Listen, "0.0.0.0", 80, "1.2.3.4", 4242, 5))[0];
        SocketInfo six = Read(SocketProtocol.Tcp, true, Tcp6(TcpState.Listen, "::", 0, 80, "::5", 0, 4242, 5))[0];

        Assert.All([four, six], listener =>
        {
            Assert.Equal(80, listener.LocalPort);
            Assert.Null(listener.Remote);
            Assert.Null(listener.RemotePort);
        });
    }

    [Fact]
    public void Only_the_lower_half_of_a_port_counts()
    {
        byte[] row = Tcp4(TcpState.Established, "127.0.0.1", 8080, "127.0.0.1", 9090, 1);
        row.AsSpan(10, 2).Fill(0xEE);
        row.AsSpan(18, 2).Fill(0xEE);

        Assert.Equal("Tcp Established 127.0.0.1:8080 - 127.0.0.1:9090", Read(SocketProtocol.Tcp, false, row)[0].ToString());
    }

    [Theory]
    [InlineData(7u)]
    [InlineData(7u << 24)]
    public void A_link_local_address_has_its_interface_in_either_byte_order(uint scope)
    {
        SocketInfo tcp = Read(SocketProtocol.Tcp, true, Tcp6(TcpState.Established, "fe80::1", scope, 1, "fe80::2", scope, 2, 1))[0];
        SocketInfo udp = Read(SocketProtocol.Udp, true, Udp("fe80::1", scope, 1, 1))[0];

        Assert.Equal(IPAddress.Parse("fe80::1%7"), tcp.Local);
        Assert.Equal(IPAddress.Parse("fe80::2%7"), tcp.Remote);
        Assert.Equal(IPAddress.Parse("fe80::1%7"), udp.Local);
        Assert.Equal(7, tcp.Local!.ScopeId);
    }

    [Fact]
    public void An_IPv4_peer_of_an_IPv6_socket_is_shown_as_IPv4()
    {
        SocketInfo socket = Read(
            SocketProtocol.Tcp, true, Tcp6(TcpState.Established, "::ffff:127.0.0.1", 0, 80, "::ffff:10.0.0.9", 0, 5000, 1))[0];

        Assert.Equal("Tcp Established 127.0.0.1:80 - 10.0.0.9:5000", socket.ToString());
        Assert.Equal(AddressFamily.InterNetworkV6, socket.Family);
    }

    [Fact]
    public void A_socket_in_TimeWait_has_no_process()
        => Assert.Null(Read(SocketProtocol.Tcp, false, Tcp4(TcpState.TimeWait, "127.0.0.1", 1, "127.0.0.1", 2, 0))[0].ProcessId);

    [Fact]
    public void All_rows_are_read_and_none_that_is_not_there()
    {
        byte[][] rows = [.. Enumerable.Range(1, 300).Select(
            number => Tcp4(TcpState.Established, "127.0.0.1", number, "127.0.0.1", 1000 + number, number))];
        Assert.Equal(Enumerable.Range(1, 300), Read(SocketProtocol.Tcp, false, rows).Select(socket => socket.LocalPort!.Value));
        Assert.Empty(Read(SocketProtocol.Tcp, true));

        byte[] table = Table(rows);
        BinaryPrimitives.WriteUInt32LittleEndian(table, 2);
        Assert.Equal(2, Read(table, SocketProtocol.Tcp, six: false).Count);
        BinaryPrimitives.WriteUInt32LittleEndian(table, uint.MaxValue);
        Assert.Equal(300, Read(table, SocketProtocol.Tcp, six: false).Count);
        Assert.Equal(299, Read(table[..^1], SocketProtocol.Tcp, six: false).Count);
    }

    [Fact]
    public void A_table_that_grows_while_it_is_read_is_read_in_the_end()
    {
        byte[] wanted = Table([.. Enumerable.Repeat(Tcp4(TcpState.Listen, "127.0.0.1", 1, "0.0.0.0", 0, 1), 100_000)]);
        int size = wanted.Length / 2;
        List<int> offered = [];
        byte[] read = WindowsSockets.ReadTable((Span<byte> table, ref uint bytes) =>
        {
            Assert.Equal((uint)table.Length, bytes);
            offered.Add(table.Length);
            bytes = (uint)size;
            if (table.Length < size)
            {
                size = Math.Min(size + (size / 2) + 1, wanted.Length);
                return InsufficientBuffer;
            }

            wanted.AsSpan(0, size).CopyTo(table);
            return 0;
        });

        Assert.True(offered.Count > 2);
        Assert.Equal(offered.Order(), offered);
        Assert.Equal(100_000, Read(read, SocketProtocol.Tcp, six: false).Count);
    }

    [Fact]
    public void A_size_that_is_not_told_does_not_keep_it_from_growing()
    {
        int calls = 0;
        byte[] read = WindowsSockets.ReadTable((Span<byte> table, ref uint bytes) =>
        {
            calls++;
            bytes = 0;
            return table.Length < 1_000_000 ? InsufficientBuffer : 0;
        });

        Assert.InRange(read.Length, 1_000_000, 4_000_000);
        Assert.InRange(calls, 2, 10);
    }

    [Fact]
    public void Another_error_is_told()
    {
        int calls = 0;
        NetLabException fault = Assert.Throws<NetLabException>(() => WindowsSockets.ReadTable((Span<byte> table, ref uint bytes) =>
        {
            calls++;
            return 5;
        }));

        Assert.Equal(FaultKind.SocketError, fault.Kind);
        Assert.StartsWith("Windows could not list its sockets: ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Random_tables_are_read_without_an_error()
    {
        Random random = new(42);
        for (int i = 0; i < 2000; i++)
        {
            byte[] table = new byte[4 + random.Next(600)];
            random.NextBytes(table);
            foreach (bool six in new[] { false, true })
            {
                _ = Read(table, SocketProtocol.Tcp, six);
                _ = Read(table, SocketProtocol.Udp, six);
            }
        }
    }

    private static List<SocketInfo> Read(SocketProtocol protocol, bool six, params byte[][] rows) => Read(Table(rows), protocol, six);

    private static List<SocketInfo> Read(byte[] table, SocketProtocol protocol, bool six)
    {
        List<SocketInfo> found = [];
        WindowsSockets.Read(table, protocol, six, found.Add);
        return found;
    }

    private static byte[] Table(params byte[][] rows) => Bytes([Number((uint)rows.Length), .. rows]);

    private static byte[] Tcp4(TcpState state, string local, int localPort, string remote, int remotePort, int process)
        => Bytes(Number((uint)state), Address(local), Port(localPort), Address(remote), Port(remotePort), Number((uint)process));

    private static byte[] Tcp6(
        TcpState state, string local, uint localScope, int localPort, string remote, uint remoteScope, int remotePort, int process)
        => Bytes(Address(local), Number(localScope), Port(localPort), Address(remote), Number(remoteScope), Port(remotePort),
            Number((uint)state), Number((uint)process));

    private static byte[] Udp(string local, uint scope, int port, int process)
    {
        byte[] address = Address(local);
        return Bytes(address, address.Length == 16 ? Number(scope) : [], Port(port), Number((uint)process));
    }

    private static byte[] Bytes(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    private static byte[] Address(string address) => IPAddress.Parse(address).GetAddressBytes();

    private static byte[] Port(int port) => [(byte)(port >> 8), (byte)port, 0, 0];

    private static byte[] Number(uint number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        return bytes;
    }
}
