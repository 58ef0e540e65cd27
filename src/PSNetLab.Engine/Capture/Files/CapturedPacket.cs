using System.Buffers.Binary;
using System.Net;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>Why a packet is not part of any conversation.</summary>
internal enum PacketVerdict
{
    Taken,

    /// <summary>The link layer is none that is known.</summary>
    UnknownLink,

    /// <summary>It is neither TCP nor UDP.</summary>
    Other,

    /// <summary>A fragment of IP; they are not put together.</summary>
    Fragment,

    /// <summary>Its headers are cut off, or contradict themselves.</summary>
    Damaged,
}

/// <summary>An address of either family, as a number, and a port.</summary>
internal readonly record struct PacketEnd(UInt128 Address, ushort Port, bool IsIPv4)
{
    internal IPEndPoint ToEndPoint()
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        return new IPEndPoint(new IPAddress(IsIPv4 ? bytes.AsSpan(12) : bytes), Port);
    }
}

/// <summary>A segment of TCP or a datagram of UDP, found in the bytes of a captured frame.</summary>
internal ref struct CapturedPacket
{
    // https://www.tcpdump.org/linktypes.html
    private const int LinkNull = 0;
    private const int LinkEthernet = 1;
    private const int LinkRawBsd = 12;
    private const int LinkRawOpenBsd = 14;
    private const int LinkRaw = 101;
    private const int LinkLoop = 108;
    private const int LinkLinuxCooked = 113;
    private const int LinkIPv4 = 228;
    private const int LinkIPv6 = 229;
    private const int LinkLinuxCooked2 = 276;

    private const ushort TypeIPv4 = 0x0800;
    private const ushort TypeIPv6 = 0x86DD;
    private const int MostTags = 4;

    internal NetTranscriptProtocol Protocol { get; private set; }

    internal PacketEnd Source { get; private set; }

    internal PacketEnd Destination { get; private set; }

    internal ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>How many bytes of the payload were not captured.</summary>
    internal int Missing { get; private set; }

    internal TcpFlags Flags { get; private set; }

    internal uint Sequence { get; private set; }

    internal uint Acknowledged { get; private set; }

    internal readonly bool Has(TcpFlags flag) => (Flags & flag) != 0;

    /// <summary>Finds it in a frame.</summary>
    internal PacketVerdict Parse(PacketReader reader)
    {
        ReadOnlySpan<byte> frame = reader.Data.Span;
        int headerBytes = LinkHeaderBytes(reader, frame, out bool isOther);
        return headerBytes < 0 ? PacketVerdict.UnknownLink
            : headerBytes > frame.Length ? PacketVerdict.Damaged
            : isOther ? PacketVerdict.Other
            : headerBytes == frame.Length ? PacketVerdict.Damaged
            : ParseIP(frame[headerBytes..], reader.Missing);
    }

    private static int LinkHeaderBytes(PacketReader reader, ReadOnlySpan<byte> frame, out bool isOther)
    {
        isOther = false;
        switch (reader.LinkType)
        {
            case LinkRaw or LinkRawBsd or LinkRawOpenBsd or LinkIPv4 or LinkIPv6:
                return 0;
            case LinkEthernet:
                return EthernetBytes(frame, 12, out isOther);
            case LinkLinuxCooked:
                return EthernetBytes(frame, 14, out isOther);
            case LinkLinuxCooked2 when frame.Length < 20:
            case LinkNull or LinkLoop when frame.Length < 4:
                return int.MaxValue;
            case LinkLinuxCooked2:
                isOther = BinaryPrimitives.ReadUInt16BigEndian(frame) is not (TypeIPv4 or TypeIPv6);
                return 20;
            case LinkNull or LinkLoop:
                uint family = reader.LinkType == LinkLoop || reader.IsBigEndian
                    ? BinaryPrimitives.ReadUInt32BigEndian(frame)
                    : BinaryPrimitives.ReadUInt32LittleEndian(frame);

                // AF_INET, and AF_INET6 of NetBSD, FreeBSD, macOS, Linux and Windows.
                isOther = family is not (2 or 24 or 28 or 30 or 10 or 23);
                return 4;
            default:
                return -1;
        }
    }

    /// <summary>The bytes up to the packet of IP, past a type at an offset and the tags of VLANs (IEEE 802.1Q, 802.1ad).</summary>
    private static int EthernetBytes(ReadOnlySpan<byte> frame, int offset, out bool isOther)
    {
        isOther = false;
        for (int tags = 0; tags <= MostTags && offset + 2 <= frame.Length; tags++)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[offset..]);
            offset += 2;
            if (type is not (0x8100 or 0x88A8 or 0x9100))
            {
                isOther = type is not (TypeIPv4 or TypeIPv6);
                return offset;
            }

            offset += 2;
        }

        return int.MaxValue;
    }

    private PacketVerdict ParseIP(ReadOnlySpan<byte> packet, int missing) => (packet[0] >> 4) switch
    {
        4 => ParseIPv4(packet, missing),
        6 => ParseIPv6(packet, missing),
        _ => PacketVerdict.Damaged,
    };

    private PacketVerdict ParseIPv4(ReadOnlySpan<byte> packet, int missing)
    {
        int headerBytes = (packet[0] & 0xF) * 4;
        if (headerBytes < Packets.IPv4Bytes || packet.Length < headerBytes)
        {
            return PacketVerdict.Damaged;
        }

        // A packet that the network card is still to divide has a length of 0.
        int length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        length = length == 0 ? packet.Length + missing : length;
        if (length < headerBytes)
        {
            return PacketVerdict.Damaged;
        }

        if ((BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3FFF) != 0)
        {
            return PacketVerdict.Fragment;
        }

        Source = new PacketEnd(BinaryPrimitives.ReadUInt32BigEndian(packet[12..]), 0, IsIPv4: true);
        Destination = new PacketEnd(BinaryPrimitives.ReadUInt32BigEndian(packet[16..]), 0, IsIPv4: true);
        return ParseTransport(packet[9], packet[headerBytes..], length - headerBytes);
    }

    private PacketVerdict ParseIPv6(ReadOnlySpan<byte> packet, int missing)
    {
        if (packet.Length < Packets.IPv6Bytes)
        {
            return PacketVerdict.Damaged;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        length = length == 0 ? packet.Length + missing - Packets.IPv6Bytes : length;
        Source = new PacketEnd(BinaryPrimitives.ReadUInt128BigEndian(packet[8..]), 0, IsIPv4: false);
        Destination = new PacketEnd(BinaryPrimitives.ReadUInt128BigEndian(packet[24..]), 0, IsIPv4: false);
        byte next = packet[6];
        ReadOnlySpan<byte> rest = packet[Packets.IPv6Bytes..];

        // Extension headers (RFC 8200, section 4; RFC 4302; RFC 6275): each says what follows, and how long it is.
        while (next is 0 or 43 or 44 or 51 or 60 or 135)
        {
            if (rest.Length < 8)
            {
                return PacketVerdict.Damaged;
            }

            if (next == 44 && (BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) & 0xFFF9) != 0)
            {
                return PacketVerdict.Fragment;
            }

            int bytes = next switch
            {
                44 => 8,
                51 => (rest[1] + 2) * 4,
                _ => (rest[1] + 1) * 8,
            };
            if (bytes > rest.Length || bytes > length)
            {
                return PacketVerdict.Damaged;
            }

            next = rest[0];
            rest = rest[bytes..];
            length -= bytes;
        }

        return ParseTransport(next, rest, length);
    }

    /// <param name="protocol">What it is.</param>
    /// <param name="bytes">What was captured of it, perhaps with padding after it.</param>
    /// <param name="length">How long it is.</param>
    private PacketVerdict ParseTransport(byte protocol, ReadOnlySpan<byte> bytes, int length)
    {
        if (protocol is not (Packets.Tcp or Packets.Udp))
        {
            return PacketVerdict.Other;
        }

        ReadOnlySpan<byte> segment = bytes[..Math.Min(bytes.Length, length)];
        int headerBytes = Packets.UdpBytes;
        if (protocol == Packets.Tcp)
        {
            headerBytes = segment.Length < 20 ? 20 : (segment[12] >> 4) * 4;
            if (headerBytes < 20)
            {
                return PacketVerdict.Damaged;
            }
        }

        if (segment.Length < headerBytes)
        {
            return PacketVerdict.Damaged;
        }

        Source = Source with { Port = BinaryPrimitives.ReadUInt16BigEndian(segment) };
        Destination = Destination with { Port = BinaryPrimitives.ReadUInt16BigEndian(segment[2..]) };
        Payload = segment[headerBytes..];
        Missing = length - segment.Length;
        Protocol = protocol == Packets.Tcp ? NetTranscriptProtocol.Tcp : NetTranscriptProtocol.Udp;
        if (protocol == Packets.Udp)
        {
            int own = BinaryPrimitives.ReadUInt16BigEndian(segment[4..]);
            if (own >= headerBytes && own < segment.Length)
            {
                Payload = segment[headerBytes..own];
            }
        }
        else
        {
            Sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]);
            Acknowledged = BinaryPrimitives.ReadUInt32BigEndian(segment[8..]);
            Flags = (TcpFlags)segment[13];
        }

        return PacketVerdict.Taken;
    }
}
