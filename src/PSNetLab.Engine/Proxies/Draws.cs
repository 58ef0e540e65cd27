using System.Text;

namespace PSNetLab.Engine.Proxies;

/// <summary>
/// Random numbers that depend on nothing but a key and a position, such as the offset of a byte: the same seed gives the same faults,
/// however the bytes arrive and whatever the threads do.
/// </summary>
/// <remarks>The mixing function is that of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).</remarks>
/// <param name="key">What the numbers are for.</param>
internal readonly struct Draws(ulong key)
{
    private const ulong Gamma = 0x9e37_79b9_7f4a_7c15;

    /// <summary>The numbers of a fault on one connection and in one direction.</summary>
    internal static Draws For(long seed, string fault, long connection, NetFaultDirection direction)
    {
        ulong key = Mix((ulong)seed + Gamma);
        foreach (byte one in Encoding.UTF8.GetBytes(fault.ToUpperInvariant()))
        {
            key = Mix((key ^ one) + Gamma);
        }

        key = Mix((key ^ (ulong)connection) + Gamma);
        return new Draws(Mix((key ^ (ulong)direction) + Gamma));
    }

    /// <summary>A number from 0 to less than 1.</summary>
    /// <param name="position">The place that is decided about.</param>
    /// <param name="use">Tells several numbers for one place apart.</param>
    internal double Next(long position, int use = 0) => (Bits(position, use) >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number from 0 to less than a limit.</summary>
    internal int Next(long position, int use, int limit) => (int)(Next(position, use) * limit);

    private ulong Bits(long position, int use) => Mix(Mix(key + (((ulong)position + 1) * Gamma)) + (((ulong)use + 1) * Gamma));

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58_476d_1ce4_e5b9;
        value = (value ^ (value >> 27)) * 0x94d0_49bb_1331_11eb;
        return value ^ (value >> 31);
    }
}
