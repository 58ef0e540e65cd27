using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>Makes UDP sockets and asks the system about them.</summary>
internal static class UdpSockets
{
    /// <summary>A bound socket with its options set and its groups joined.</summary>
    /// <exception cref="NetLabException">The system refused it.</exception>
    internal static Socket Bind(UdpBinding binding)
    {
        IPEndPoint endPoint = binding.EndPoint;
        Socket? socket = null;
        try
        {
            socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            if (binding.ReuseAddress)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            }

            socket.EnableBroadcast = binding.Broadcast;
            SetReceiveBuffer(socket, binding.ReceiveBufferBytes);
            if (!binding.TellRefusals)
            {
                IgnoreUnreachablePorts(socket);
            }

            socket.Bind(endPoint);
            if (Addresses.IsAny(endPoint.Address))
            {
                TellLocalAddress(socket);
            }

            foreach (IPAddress group in binding.MulticastGroups)
            {
                Join(socket, group, binding.Interface);
            }

            return socket;
        }
        catch (SocketException error)
        {
            socket?.Dispose();
            throw SocketFaults.Listen(error, endPoint, ProtocolType.Udp, binding.PortParameter);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Sets the interface and the number of hops for what a socket sends (RFC 1112, section 6.1; RFC 3493, section 5.2).
    /// </summary>
    internal static void SetOutgoing(Socket socket, NetworkCard? card, int? timeToLive)
    {
        bool six = socket.AddressFamily == AddressFamily.InterNetworkV6;
        SocketOptionLevel level = six ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP;
        if (card is not null)
        {
            socket.SetSocketOption(
                level, SocketOptionName.MulticastInterface, six ? card.Index6 : IPAddress.HostToNetworkOrder(card.Index4));
        }

        if (timeToLive is { } hops)
        {
            socket.SetSocketOption(level, SocketOptionName.MulticastTimeToLive, hops);
            if (hops > 0)
            {
                // 0 means this host, for multicast only (ip(7)).
                socket.Ttl = (short)hops;
            }
        }
    }

    /// <summary>
    /// Lets a socket that is not connected hear, as an error, that nothing listens where it sends to (ip(7), IP_RECVERR). Windows tells
    /// every socket.
    /// </summary>
    /// <returns>False where only a connected socket hears it.</returns>
    internal static bool TryTellRefusals(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            bool six = socket.AddressFamily == AddressFamily.InterNetworkV6;
            Span<int> on = [1];
            socket.SetRawSocketOption(
                six ? SocketCalls.LevelIPv6 : SocketCalls.LevelIP,
                six ? SocketCalls.IPv6ReceiveErrors : SocketCalls.ReceiveErrors,
                MemoryMarshal.AsBytes(on));
            return true;
        }

        return OperatingSystem.IsWindows();
    }

    /// <summary>The address the system would send from; connecting a UDP socket chooses it and sends nothing (udp(7)).</summary>
    internal static IPAddress SourceFor(IPEndPoint remote)
    {
        using Socket probe = new(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { EnableBroadcast = true };
        try
        {
            probe.Connect(remote);
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return IPAddress.Any; // no route; sending will fail with a better error
        }
    }

    private static void Join(Socket socket, IPAddress group, NetworkCard? card)
    {
        try
        {
            if (group.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.SetSocketOption(
                    SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(group, card?.Index6 ?? group.ScopeId));
            }
            else
            {
                socket.SetSocketOption(
                    SocketOptionLevel.IP,
                    SocketOptionName.AddMembership,
                    card is null ? new MulticastOption(group) : new MulticastOption(group, card.Index4));
            }
        }
        catch (SocketException error)
        {
            throw new NetLabException(
                FaultKind.MulticastRefused,
                $"The multicast group {group} cannot be joined{(card is null ? string.Empty : " on " + card.Alias)}: "
                    + $"{SocketFaults.Words(error)}. Check that it is a multicast address (224.0.0.0/4 or ff00::/8) "
                    + "and name the interface with -InterfaceAlias.",
                error)
            {
                Subject = group,
            };
        }
    }

    /// <summary>The size of the receive buffer. Linux doubles the requested size for its own overhead (socket(7)).</summary>
    internal static int ReceiveBuffer(Socket socket)
        => OperatingSystem.IsLinux() ? socket.ReceiveBufferSize / 2 : socket.ReceiveBufferSize;

    /// <summary>Asks for a receive buffer of so many bytes; the system may give less.</summary>
    internal static void SetReceiveBuffer(Socket socket, int bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                // Ignores net.core.rmem_max, which takes CAP_NET_ADMIN (socket(7)).
                Span<int> value = [bytes];
                socket.SetRawSocketOption(SocketCalls.LevelSocket, SocketCalls.ReceiveBufferForce, MemoryMarshal.AsBytes(value));
                return;
            }
            catch (SocketException)
            {
                // Not permitted, so as much as the system allows.
            }
        }

        while (true)
        {
            try
            {
                socket.ReceiveBufferSize = bytes;
                return;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.NoBufferSpaceAvailable && bytes > 1)
            {
                // macOS refuses what is over its limit, where Linux gives as much as it allows.
                bytes /= 2;
            }
        }
    }

    private static void TellLocalAddress(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            if (!OperatingSystem.IsLinux())
            {
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.PacketInformation, true);
                return;
            }

            Span<int> on = [1];
            socket.SetRawSocketOption(SocketCalls.LevelIPv6, SocketCalls.ReceiveIPv6PacketInfo, MemoryMarshal.AsBytes(on));
        }

        if (socket.AddressFamily == AddressFamily.InterNetwork || socket.DualMode)
        {
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
        }
    }

    /// <summary>On Windows, an ICMP answer to a datagram sent earlier would end a receive with ConnectionReset.</summary>
    private static void IgnoreUnreachablePorts(Socket socket)
    {
        const int UdpConnectionReset = unchecked((int)0x9800000C);
        if (OperatingSystem.IsWindows())
        {
            socket.IOControl(UdpConnectionReset, [0], null);
        }
    }
}
