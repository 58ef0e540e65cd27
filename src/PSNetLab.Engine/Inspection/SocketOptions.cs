using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Inspection;

/// <summary>Reads and sets the options of a socket.</summary>
internal static class SocketOptions
{
    private const SocketOptionLevel Generic = SocketOptionLevel.Socket;
    private const SocketOptionLevel Tcp = SocketOptionLevel.Tcp;
    private const SocketOptionLevel IP = SocketOptionLevel.IP;
    private const SocketOptionLevel IPv6 = SocketOptionLevel.IPv6;

    /// <summary>The options that the module knows by name.</summary>
    internal static readonly Definition[] Known =
    [
        new("ReuseAddress", Generic, SocketOptionName.ReuseAddress, null,
            "Lets the socket bind an address that another socket uses or recently used (SO_REUSEADDR)", Linux: (1, 2), MacOS: (0xFFFF, 4)),
        new("ReusePort", Generic, SocketOptionName.ReuseAddress, null,
            "Lets several sockets share a port; the system spreads the traffic over them (SO_REUSEPORT)",
            Linux: (1, 15), MacOS: (0xFFFF, 0x200)),
        new("Broadcast", Generic, SocketOptionName.Broadcast, null, "Lets the socket send to broadcast addresses (SO_BROADCAST)"),
        new("KeepAlive", Generic, SocketOptionName.KeepAlive, null, "Probes a silent peer, so that a dead one is noticed (SO_KEEPALIVE)"),
        new("KeepAliveTime", Tcp, SocketOptionName.TcpKeepAliveTime, "s",
            "How long the connection is silent before the first probe is sent (TCP_KEEPIDLE)"),
        new("KeepAliveInterval", Tcp, SocketOptionName.TcpKeepAliveInterval, "s",
            "The time between an unanswered probe and the next one (TCP_KEEPINTVL)"),
        new("KeepAliveRetryCount", Tcp, SocketOptionName.TcpKeepAliveRetryCount, "probes",
            "How many unanswered probes end the connection (TCP_KEEPCNT)"),
        new("NoDelay", Tcp, SocketOptionName.NoDelay, null, "Sends small messages at once instead of collecting them (TCP_NODELAY)"),
        new("Linger", Generic, SocketOptionName.Linger, "s",
            "How long closing waits for unsent data; 0 resets the connection, -1 closes in the background (SO_LINGER)"),
        new("ReceiveBuffer", Generic, SocketOptionName.ReceiveBuffer, "bytes",
            "How much received data the system holds until it is read; Linux doubles the value you set, for its own overhead (SO_RCVBUF)"),
        new("SendBuffer", Generic, SocketOptionName.SendBuffer, "bytes",
            "How much sent data the system holds until it is acknowledged; Linux doubles the value you set, for its own "
                + "overhead (SO_SNDBUF)"),
        new("ReceiveTimeout", Generic, SocketOptionName.ReceiveTimeout, "ms",
            "How long a blocking read waits; 0 waits forever (SO_RCVTIMEO)"),
        new("SendTimeout", Generic, SocketOptionName.SendTimeout, "ms", "How long a blocking write waits; 0 waits forever (SO_SNDTIMEO)"),
        new("OutOfBandInline", Generic, SocketOptionName.OutOfBandInline, null,
            "Delivers urgent data inline with the rest (SO_OOBINLINE)"),
        new("AcceptConnection", Generic, SocketOptionName.AcceptConnection, null,
            "Whether the socket is listening (SO_ACCEPTCONN)", IsReadOnly: true),
        new("Error", Generic, SocketOptionName.Error, "errno",
            "The pending error of the socket; reading it clears it (SO_ERROR)", IsReadOnly: true),
        new("TimeToLive", IP, SocketOptionName.IpTimeToLive, "hops", "How many routers an IPv4 packet may pass through (IP_TTL)"),
        new("TypeOfService", IP, SocketOptionName.TypeOfService, "DSCP and ECN bits",
            "The priority and congestion bits of IPv4 packets (IP_TOS)"),
        new("DontFragment", IP, SocketOptionName.DontFragment, null,
            "Keeps IPv4 packets from being fragmented (IP_MTU_DISCOVER, IP_DONTFRAG)"),
        new("MulticastTimeToLive", IP, SocketOptionName.MulticastTimeToLive, "hops",
            "How many routers an IPv4 multicast packet may pass through (IP_MULTICAST_TTL)"),
        new("MulticastLoopback", IP, SocketOptionName.MulticastLoopback, null,
            "Whether IPv4 multicast is also delivered on this machine (IP_MULTICAST_LOOP)"),
        new("IPv6Only", IPv6, SocketOptionName.IPv6Only, null,
            "Restricts an IPv6 socket to IPv6, so that it does not take IPv4 as well (IPV6_V6ONLY)"),
        new("HopLimit", IPv6, SocketOptionName.HopLimit, "hops",
            "How many routers an IPv6 packet may pass through (IPV6_UNICAST_HOPS)", Linux: (41, 16), MacOS: (41, 4)),
        new("IPv6MulticastHops", IPv6, SocketOptionName.MulticastTimeToLive, "hops",
            "How many routers an IPv6 multicast packet may pass through (IPV6_MULTICAST_HOPS)"),
        new("IPv6MulticastLoopback", IPv6, SocketOptionName.MulticastLoopback, null,
            "Whether IPv6 multicast is also delivered on this machine (IPV6_MULTICAST_LOOP)"),
    ];

    /// <summary>Reads all known options that a socket has.</summary>
    internal static IReadOnlyList<SocketOption> GetAll(Socket socket)
    {
        List<SocketOption> options = [];
        foreach (Definition definition in Known)
        {
            // Reading the error would clear it.
            if (definition.Option != SocketOptionName.Error && Applies(definition, socket))
            {
                try
                {
                    options.Add(Get(socket, definition));
                }
                catch (SocketException)
                {
                    // This kind of socket, or this system, does not have it.
                }
            }
        }

        return options;
    }

    /// <summary>Reads one option, by its name or as level/number.</summary>
    /// <exception cref="NetLabException">There is no such option, or the socket does not have it.</exception>
    internal static SocketOption Get(Socket socket, string name)
    {
        try
        {
            return Find(name) is { } definition ? Get(socket, definition) : GetRaw(socket, name, ParseNumbers(name));
        }
        catch (SocketException error)
        {
            throw Refused(socket, name, error);
        }
    }

    /// <summary>Sets one option.</summary>
    /// <exception cref="NetLabException">There is no such option, the socket does not have it, or it cannot have this value.</exception>
    internal static void Set(Socket socket, string name, object value)
    {
        Check(name, value);
        try
        {
            if (Raw(name) is (int level, int number))
            {
                socket.SetRawSocketOption(level, number, value as byte[] ?? MemoryMarshal.AsBytes<int>([Number(name, value)]));
            }
            else if (Find(name)! is { Option: SocketOptionName.Linger })
            {
                int seconds = Number(name, value);
                socket.LingerState = new LingerOption(seconds >= 0, Math.Max(seconds, 0));
            }
            else
            {
                Definition definition = Find(name)!;
                socket.SetSocketOption(definition.Level, definition.Option, Number(name, value));
            }
        }
        catch (SocketException error)
        {
            throw Refused(socket, $"{name} = {(value is byte[] bytes ? Convert.ToHexString(bytes) : value)}", error);
        }
    }

    /// <summary>Checks whether the option can be set to the value, as far as that is known without a socket.</summary>
    /// <exception cref="NetLabException">It cannot be set.</exception>
    internal static void Check(string name, object value)
    {
        Definition? definition = Find(name);
        if (definition is { IsReadOnly: true })
        {
            throw new NetLabException(FaultKind.OptionReadOnly, $"{definition.Name} is read-only.") { Subject = name };
        }

        if (Raw(name) is null || value is not byte[])
        {
            int number = Number(name, value);
            if (definition is { Option: SocketOptionName.Linger } && number > ushort.MaxValue)
            {
                throw new NetLabException(FaultKind.InvalidOptionValue, $"Linger takes at most {ushort.MaxValue} seconds, not {number}.")
                    { Subject = name };
            }
        }
    }

    private static SocketOption Get(Socket socket, Definition definition)
    {
        object? raw = definition.Raw is { } numbers
            ? GetRaw(socket, definition.Name, numbers).Setting
            : socket.GetSocketOption(definition.Level, definition.Option);
        object? value = raw switch
        {
            LingerOption linger => linger.Enabled ? linger.LingerTime : -1,
            int number when definition.IsSwitch => number != 0,
            _ => raw,
        };
        return new SocketOption(definition.Level.ToString(), definition.Name, value, definition.Unit, definition.Meaning);
    }

    private static SocketOption GetRaw(Socket socket, string name, (int Level, int Number) numbers)
    {
        const int MostBytes = 1024;
        byte[] buffer = new byte[MostBytes];
        int length = socket.GetRawSocketOption(numbers.Level, numbers.Number, buffer);
        object value = length == sizeof(int) ? BitConverter.ToInt32(buffer) : buffer[..length];
        return new SocketOption(numbers.Level.ToString(CultureInfo.InvariantCulture), name, value, null, "An option that this "
            + "module has no name for");
    }

    /// <summary>The system's level and number of an option; null if the runtime's name for it is right.</summary>
    private static (int Level, int Number)? Raw(string name) => Find(name) is { } definition ? definition.Raw : ParseNumbers(name);

    private static Definition? Find(string name)
        => Array.Find(Known, definition => string.Equals(definition.Name, name, StringComparison.OrdinalIgnoreCase));

    private static bool Applies(Definition definition, Socket socket) => definition.Level switch
    {
        SocketOptionLevel.Tcp => socket.ProtocolType == ProtocolType.Tcp,
        SocketOptionLevel.IPv6 => socket.AddressFamily == AddressFamily.InterNetworkV6,
        _ => true,
    };

    private static (int Level, int Number) ParseNumbers(string name)
    {
        string[] parts = name.Split('/');
        return parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out int level)
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int number)
            ? (level, number)
            : throw new NetLabException(FaultKind.OptionNotFound, $"'{name}' is not a known socket option. "
                + $"Use one of {string.Join(", ", Known.Select(definition => definition.Name))}, or a level and a number "
                + "such as 6/23.") { Subject = name };
    }

    private static int Number(string name, object value) => value switch
    {
        int number => number,
        bool on when string.Equals(name, "Linger", StringComparison.OrdinalIgnoreCase) => on
            ? throw new NetLabException(FaultKind.InvalidOptionValue, "Linger takes a number of seconds, or $false to "
                + "turn it off.") { Subject = name }
            : -1,
        bool on => on ? 1 : 0,
        IConvertible convertible when int.TryParse(
            convertible.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out int parsed) => parsed,
        _ => throw new NetLabException(
            FaultKind.InvalidOptionValue, $"{name} takes a whole number, $true or $false, not '{value}'.") { Subject = name },
    };

    private static NetLabException Refused(Socket socket, string what, SocketException error) => new(
        FaultKind.OptionRefused,
        $"The system refused {what} on this {socket.AddressFamily} {socket.ProtocolType} socket: {SocketFaults.Words(error)}. "
            + "Get-SocketOption lists the options it has; some need extra rights, or must be set before the socket is bound.",
        error);

    /// <summary>An option that the module knows by name.</summary>
    internal sealed record Definition(string Name, SocketOptionLevel Level, SocketOptionName Option, string? Unit, string Meaning,
        bool IsReadOnly = false, (int Level, int Number)? Linux = null, (int Level, int Number)? MacOS = null)
    {
        /// <summary>The system's level and number, if the runtime's name for the option is wrong or missing.</summary>
        internal (int Level, int Number)? Raw => OperatingSystem.IsLinux() ? Linux : OperatingSystem.IsMacOS() ? MacOS : null;

        internal bool IsSwitch => Unit is null;
    }
}
