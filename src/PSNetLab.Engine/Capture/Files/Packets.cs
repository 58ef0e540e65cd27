using System.Buffers.Binary;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>The flags of a TCP segment (RFC 9293, section 3.1).</summary>
[Flags]
internal enum TcpFlags : byte
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Reset = 4,
    Push = 8,
    Acknowledge = 16,
}

/// <summary>Makes packets of IP (RFC 791, RFC 8200) with TCP (RFC 9293) or UDP (RFC 768), with all their checksums.</summary>
internal static class Packets
{
    /// <summary>The longest packet.</summary>
    internal const int MostBytes = IPv6Bytes + MostPayload;

    /// <summary>The most that the length field of IPv6 can say; that of IPv4 includes its header.</summary>
    internal const int MostPayload = ushort.MaxValue;

    internal const byte Tcp = 6;
    internal const byte Udp = 17;
    internal const int IPv4Bytes = 20;
    internal const int IPv6Bytes = 40;
    internal const int UdpBytes = 8;

    private const int TcpBytes = 20;
    private const byte HopLimit = 64;
    private const ushort DontFragment = 0x4000;

    // A window of a gigabyte (RFC 7323, section 2.2), so that nothing recorded looks as if it had filled it.
    private const ushort Window = 0xFFFF;
    private static ReadOnlySpan<byte> SynOptions => [2, 4, 0x40, 0, 1, 3, 3, 14];

    /// <summary>Writes a segment of TCP; returns the length of the packet.</summary>
    internal static int WriteTcp(
        Span<byte> packet,
        PacketAddresses ends,
        NetTranscriptDirection direction,
        TcpFlags flags,
        uint sequence,
        uint acknowledged,
        ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> options = flags.HasFlag(TcpFlags.Syn) ? SynOptions : default;
        int headerBytes = TcpBytes + options.Length;
        Span<byte> segment = WriteIP(packet, ends, direction, Tcp, headerBytes + data.Length, out ulong pseudoSum);
        BinaryPrimitives.WriteUInt16BigEndian(segment, ends.SourcePort(direction));
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], ends.DestinationPort(direction));
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], acknowledged);
        segment[12] = (byte)(headerBytes / 4 << 4);
        segment[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], Window);
        segment[16..TcpBytes].Clear();
        options.CopyTo(segment[TcpBytes..]);
        data.CopyTo(segment[headerBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(segment[16..], InternetChecksum.Finish(InternetChecksum.Add(pseudoSum, segment)));
        return HeaderBytes(ends) + segment.Length;
    }

    /// <summary>Writes a datagram of UDP; returns the length of the packet.</summary>
    internal static int WriteUdp(Span<byte> packet, PacketAddresses ends, NetTranscriptDirection direction, ReadOnlySpan<byte> data)
    {
        Span<byte> datagram = WriteIP(packet, ends, direction, Udp, UdpBytes + data.Length, out ulong pseudoSum);
        BinaryPrimitives.WriteUInt16BigEndian(datagram, ends.SourcePort(direction));
        BinaryPrimitives.WriteUInt16BigEndian(datagram[2..], ends.DestinationPort(direction));
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)datagram.Length);
        datagram[6..UdpBytes].Clear();
        data.CopyTo(datagram[UdpBytes..]);
        ushort checksum = InternetChecksum.Finish(InternetChecksum.Add(pseudoSum, datagram));

        // 0 would mean that there is no checksum.
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], checksum == 0 ? ushort.MaxValue : checksum);
        return HeaderBytes(ends) + datagram.Length;
    }

    /// <summary>The most data that a datagram between these ends can have.</summary>
    internal static int MostDatagram(PacketAddresses ends) => MostPayload - (ends.IsIPv4 ? IPv4Bytes : 0) - UdpBytes;

    private static int HeaderBytes(PacketAddresses ends) => ends.IsIPv4 ? IPv4Bytes : IPv6Bytes;

    /// <summary>Writes the header of IP; returns the place of its payload.</summary>
    private static Span<byte> WriteIP(
        Span<byte> packet, PacketAddresses ends, NetTranscriptDirection direction, byte protocol, int payloadBytes, out ulong pseudoSum)
    {
        ReadOnlySpan<byte> source = ends.Source(direction);
        ReadOnlySpan<byte> destination = ends.Destination(direction);
        Span<byte> header = packet[..HeaderBytes(ends)];
        header.Clear();
        if (ends.IsIPv4)
        {
            header[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(IPv4Bytes + payloadBytes));
            BinaryPrimitives.WriteUInt16BigEndian(header[6..], DontFragment);
            header[8] = HopLimit;
            header[9] = protocol;
            source.CopyTo(header[12..]);
            destination.CopyTo(header[16..]);
            BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Finish(InternetChecksum.Add(0, header)));
        }
        else
        {
            header[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)payloadBytes);
            header[6] = protocol;
            header[7] = HopLimit;
            source.CopyTo(header[8..]);
            destination.CopyTo(header[24..]);
        }

        // The pseudo-header (RFC 9293, section 3.1, and RFC 8200, section 8.1).
        Span<byte> ending = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(ending, (uint)payloadBytes);
        BinaryPrimitives.WriteUInt32BigEndian(ending[4..], protocol);
        pseudoSum = InternetChecksum.Add(InternetChecksum.Add(InternetChecksum.Add(0, source), destination), ending);
        return packet.Slice(header.Length, payloadBytes);
    }
}
