using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>The checksum of IP, TCP and UDP (RFC 1071).</summary>
internal static class InternetChecksum
{
    /// <summary>Adds bytes to a sum. Only the last part of a sum may have an odd number of bytes.</summary>
    internal static ulong Add(ulong sum, ReadOnlySpan<byte> bytes)
    {
        // Sums of 16-bit words do not depend on the order of bytes (RFC 1071, section 2), so any width and order will do.
        foreach (uint word in MemoryMarshal.Cast<byte, uint>(bytes))
        {
            sum += word;
        }

        ReadOnlySpan<byte> rest = bytes[(bytes.Length & ~3)..];
        if (rest.IsEmpty)
        {
            return sum;
        }

        Span<byte> padded = stackalloc byte[sizeof(uint)];
        padded.Clear();
        rest.CopyTo(padded);
        return sum + MemoryMarshal.Read<uint>(padded);
    }

    /// <summary>The checksum in the order of the network, as a number to be stored big-endian.</summary>
    internal static ushort Finish(ulong sum)
    {
        while (sum >> 16 != 0)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        ushort folded = (ushort)~sum;
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(folded) : folded;
    }
}
