using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Primitives;

/// <summary>Which peers may talk to a server: none on the deny list and, if there is an allow list, only those on it.</summary>
internal sealed class AddressFilter
{
    private static readonly IPAddress s_mapped = IPAddress.Any.MapToIPv6();

    private readonly Range[] _allow;
    private readonly Range[] _deny;

    internal AddressFilter(IEnumerable<string>? allow, IEnumerable<string>? deny)
    {
        _allow = [.. (allow ?? []).Select(Parse)];
        _deny = [.. (deny ?? []).Select(Parse)];
    }

    /// <summary>The first entry that looks as if it covered IPv4, such as ::/0, in an allow list without any IPv4 entry.</summary>
    internal string? AllowedWithoutIPv4 => WithoutIPv4(_allow);

    /// <inheritdoc cref="AllowedWithoutIPv4"/>
    internal string? DeniedWithoutIPv4 => WithoutIPv4(_deny);

    internal bool IsAllowed(IPAddress peer)
    {
        IPAddress address = Addresses.OfSocket(peer);
        return !Array.Exists(_deny, range => range.Contains(address))
            && (_allow.Length == 0 || Array.Exists(_allow, range => range.Contains(address)));
    }

    /// <summary>Reads an address ("10.1.2.3", "::1") or a CIDR range ("10.0.0.0/8"; host bits may be set).</summary>
    private static Range Parse(string text)
    {
        string[] parts = text.Trim().Split('/');
        if (parts.Length <= 2 && Addresses.TryParseExactly(parts[0], out IPAddress address))
        {
            int bits = address.GetAddressBytes().Length * 8;
            int prefix = bits;
            if (parts.Length == 1 || (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture,
                out prefix) && prefix <= bits))
            {
                if (address.IsIPv4MappedToIPv6 && prefix >= 96)
                {
                    // IPv4-mapped peers are compared as IPv4.
                    (address, prefix) = (address.MapToIPv4(), prefix - 96);
                }

                return new Range(text.Trim(), address, prefix);
            }
        }

        throw new NetLabException(
            FaultKind.InvalidAddress,
            $"'{text}' is neither an IP address nor a CIDR range. Write it like 192.0.2.7, 10.0.0.0/8 or fe80::/10; "
                + "numbers in an IPv4 address have no leading zeros.") { Subject = text };
    }

    private static string? WithoutIPv4(Range[] ranges) => Array.Exists(ranges, range => range.IsIPv4)
        ? null
        : Array.Find(ranges, range => range.Contains(s_mapped))?.Text;

    /// <summary>The addresses that begin with the same bits; host bits are ignored.</summary>
    /// <remarks>The runtime's IPNetwork finds IPv4-mapped addresses in IPv6 ranges that do not contain them.</remarks>
    private sealed class Range(string text, IPAddress first, int prefix)
    {
        private readonly byte[] _first = first.GetAddressBytes();

        internal string Text => text;

        internal bool IsIPv4 => first.AddressFamily == AddressFamily.InterNetwork;

        internal bool Contains(IPAddress address)
        {
            Span<byte> bytes = stackalloc byte[16];
            if (address.AddressFamily != first.AddressFamily || !address.TryWriteBytes(bytes, out _))
            {
                return false;
            }

            // The zone, if given, is the interface (RFC 4007, section 11).
            (int whole, int bits) = Math.DivRem(prefix, 8);
            return bytes[..whole].SequenceEqual(_first.AsSpan(0, whole))
                && (bits == 0 || (bytes[whole] ^ _first[whole]) >> (8 - bits) == 0)
                && (IsIPv4 || first.ScopeId == 0 || first.ScopeId == address.ScopeId);
        }
    }
}
