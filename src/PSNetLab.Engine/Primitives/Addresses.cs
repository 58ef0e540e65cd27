using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Primitives;

/// <summary>Parses and formats addresses.</summary>
internal static class Addresses
{
    /// <summary>Host and port as one text, an IPv6 address in brackets (RFC 3986, section 3.2.2).</summary>
    internal static string Join(string host, int port) => Join(host, port.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc cref="Join(string, int)"/>
    internal static string Join(string host, string port)
        => host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') ? $"[{host}]:{port}" : $"{host}:{port}";

    /// <summary>How to write an address, for errors.</summary>
    internal const string Advice = "Write IPv4 as four numbers from 0 to 255 without leading zeros, such as 192.0.2.7, and "
        + "IPv6 such as 2001:db8::1.";

    /// <summary>Reads an address, an IPv4-mapped one as the IPv4 address it stands for: a socket of IPv6 alone could not use it.</summary>
    internal static bool TryParse(string text, out IPAddress address)
    {
        if (!TryParseExactly(text, out address))
        {
            return false;
        }

        address = OfSocket(address);
        return true;
    }

    /// <summary>Reads an IPv6 address (RFC 4291, section 2.2), in brackets or not, or an IPv4 address of four decimal numbers.</summary>
    /// <remarks>
    /// inet_aton(3), and with it the runtime, also accepts 10.1 for 10.0.0.1, 0x7f.0.0.1 for 127.0.0.1 and, as octal,
    /// 127.0.0.010 for 127.0.0.8. People who write the last one mean 127.0.0.10, and a filter that does not do what it says
    /// is worse than an error.
    /// </remarks>
    internal static bool TryParseExactly(string text, out IPAddress address)
    {
        string trimmed = text.Trim();
        string bare = trimmed.StartsWith('[') && trimmed.EndsWith(']') ? trimmed[1..^1] : trimmed;
        string number = bare.Split('%')[0];
        bool six = number.Contains(':', StringComparison.Ordinal);
        string dotted = number[(number.LastIndexOf(':') + 1)..];
        address = IPAddress.None;
        return (six ? !number.Contains('[', StringComparison.Ordinal) : bare == trimmed)
            && ((six && !dotted.Contains('.', StringComparison.Ordinal)) || IsDottedQuad(dotted))
            && IPAddress.TryParse(bare, out address!)
            && (number == bare || address.ScopeId != 0); // the zone of an interface that is there
    }

    /// <summary>Reads an address with a port, where IPv6 needs brackets; without a port, it is 0.</summary>
    internal static bool TryParse(string text, out IPEndPoint endPoint)
    {
        endPoint = new IPEndPoint(IPAddress.None, 0);
        string trimmed = text.Trim();
        int colon = trimmed.LastIndexOf(':');
        bool hasPort = colon > 0 && (trimmed[colon - 1] == ']' || trimmed.IndexOf(':', StringComparison.Ordinal) == colon);
        ushort port = 0;
        if ((hasPort && !ushort.TryParse(trimmed[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port))
            || !TryParse(hasPort ? trimmed[..colon] : trimmed, out IPAddress address))
        {
            return false;
        }

        endPoint = new IPEndPoint(address, port);
        return true;
    }

    /// <summary>Whether a text that is not an address looks like one: a name never ends in a number (RFC 3696, section 2).</summary>
    internal static bool LooksLikeAddress(string text)
    {
        string last = text.TrimEnd('.');
        last = last[(last.LastIndexOf('.') + 1)..];
        return last.Contains(':', StringComparison.Ordinal)
            || (last.Length > 0 && last.All(char.IsDigit))
            || (last.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && last.Skip(2).All(char.IsAsciiHexDigit));
    }

    /// <summary>The endpoint of an IP socket. An IPv4 peer has its IPv4 address even if the socket serves both families.</summary>
    internal static IPEndPoint OfSocket(EndPoint endPoint)
    {
        IPEndPoint ip = (IPEndPoint)endPoint;
        return ip.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(OfSocket(ip.Address), ip.Port) : ip;
    }

    /// <summary>The address of an IP socket; an IPv4-mapped IPv6 address is returned as IPv4.</summary>
    internal static IPAddress OfSocket(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>A host as certificates name it: an IPv4-mapped IPv6 address is returned as IPv4, everything else as it is.</summary>
    internal static string OfHost(string host)
        => TryParseExactly(host, out IPAddress address) && address.IsIPv4MappedToIPv6 ? OfSocket(address).ToString() : host;

    internal static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>Where the packets to an address go: those to 0.0.0.0 and :: to this machine.</summary>
    internal static IPAddress Reached(IPAddress address)
        => address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : address;

    internal static bool IsMulticast(IPAddress address) => address.IsIPv6Multicast
        || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and < 240);

    private static bool IsDottedQuad(string text)
    {
        string[] parts = text.Split('.');
        return parts.Length == 4 && Array.TrueForAll(
            parts, part => part.Length is 1 or 2 or 3 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0'));
    }
}
