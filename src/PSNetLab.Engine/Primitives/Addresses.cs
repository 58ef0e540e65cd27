using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Primitives;

/// <summary>Reads addresses as people mean them.</summary>
internal static class Addresses
{
    /// <summary>Host and port as one text, an IPv6 address in brackets (RFC 3986, section 3.2.2).</summary>
    internal static string Join(string host, int port) => host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') ? $"[{host}]:{port}" : $"{host}:{port}";

    /// <summary>Reads an IPv6 address, in brackets or not, or an IPv4 address of four parts: the older forms of inet_aton(3), where 10.1 is 10.0.0.1, are slips of the keyboard here.</summary>
    internal static bool TryParse(string text, out IPAddress address)
    {
        string trimmed = text.Trim();
        if (trimmed.StartsWith('[') && trimmed.EndsWith(']'))
        {
            trimmed = trimmed[1..^1];
        }

        return IPAddress.TryParse(trimmed, out address!)
            && (address.AddressFamily == AddressFamily.InterNetworkV6 || trimmed.Count(letter => letter == '.') == 3);
    }

    internal static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    internal static bool IsMulticast(IPAddress address) => address.IsIPv6Multicast
        || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and < 240);
}
