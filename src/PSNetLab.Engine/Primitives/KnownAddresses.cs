using System.Buffers.Binary;
using System.Net;

namespace PSNetLab.Engine.Primitives;

/// <summary>A cache of addresses, so that a socket or datagram does not allocate one. For one thread at a time.</summary>
internal static class KnownAddresses
{
    private const int MostAddresses = 4096;

    [ThreadStatic]
    private static Dictionary<UInt128, IPAddress>? t_known;

    [ThreadStatic]
    private static Dictionary<(UInt128 Address, uint Scope), IPAddress>? t_linkLocal;

    /// <summary>The address of 4 or 16 bytes; an IPv4-mapped IPv6 address is returned as IPv4.</summary>
    /// <param name="bytes">The bytes, in network order.</param>
    /// <param name="scope">The interface of a link-local IPv6 address, if known (RFC 4007); it means nothing for other addresses.</param>
    internal static IPAddress Get(ReadOnlySpan<byte> bytes, uint scope = 0)
    {
        if (scope != 0 && bytes.Length == 16 && bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80)
        {
            return Find(t_linkLocal ??= [], (BinaryPrimitives.ReadUInt128BigEndian(bytes), scope), bytes, scope);
        }

        // IPv4 addresses get keys in a reserved part of IPv6 (RFC 4291, section 2.4).
        UInt128 key = bytes.Length == 4
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes) | (UInt128.One << 127)
            : BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return Find(t_known ??= [], key, bytes, 0);
    }

    private static IPAddress Find<T>(Dictionary<T, IPAddress> known, T key, ReadOnlySpan<byte> bytes, uint scope)
        where T : notnull
    {
        if (!known.TryGetValue(key, out IPAddress? address))
        {
            if (known.Count >= MostAddresses)
            {
                known.Clear();
            }

            address = scope == 0 ? Addresses.OfSocket(new IPAddress(bytes)) : new IPAddress(bytes, scope);
            known.Add(key, address);
        }

        return address;
    }
}
