using System.Globalization;
using System.Net;

namespace PSNetLab.Engine.Primitives;

/// <summary>Which peers may talk to a server: a peer on the deny list may not; where there is an allow list, nobody else may.</summary>
internal sealed class AddressFilter
{
    private readonly IPNetwork[] _allow;
    private readonly IPNetwork[] _deny;

    internal AddressFilter(IEnumerable<string>? allow, IEnumerable<string>? deny)
    {
        _allow = [.. (allow ?? []).Select(Parse)];
        _deny = [.. (deny ?? []).Select(Parse)];
    }

    internal bool IsAllowed(IPAddress peer)
    {
        IPAddress address = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        return !Array.Exists(_deny, network => network.Contains(address))
            && (_allow.Length == 0 || Array.Exists(_allow, network => network.Contains(address)));
    }

    /// <summary>Reads an address ("10.1.2.3", "::1") or a CIDR range ("10.0.0.0/8"; host bits may be set).</summary>
    internal static IPNetwork Parse(string text)
    {
        string[] parts = text.Trim().Split('/');
        if (parts.Length <= 2 && !parts[0].Contains('[', StringComparison.Ordinal) && Addresses.TryParse(parts[0], out IPAddress address))
        {
            int bits = address.GetAddressBytes().Length * 8;
            int prefix = bits;
            if (parts.Length == 1 || (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out prefix) && prefix <= bits))
            {
                if (address.IsIPv4MappedToIPv6 && prefix >= 96)
                {
                    // Peers are compared as IPv4, too.
                    (address, prefix, bits) = (address.MapToIPv4(), prefix - 96, 32);
                }

                byte[] bytes = address.GetAddressBytes();
                for (int bit = prefix; bit < bits; bit++)
                {
                    bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
                }

                return new IPNetwork(new IPAddress(bytes), prefix);
            }
        }

        throw new NetLabException(FaultKind.InvalidAddress, $"'{text}' is neither an IP address nor a CIDR range. Write it like 192.0.2.7, 10.0.0.0/8 or fe80::/10.") { Subject = text };
    }
}
