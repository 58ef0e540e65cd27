using System.Buffers.Binary;
using System.Net;
using PSNetLab.Engine.Capture.Files;

namespace PSNetLab.Engine.Tests;

/// <summary>Captures for tests, made packet by packet.</summary>
internal sealed class CaptureFile
{
    private readonly List<byte> _bytes = [];
    private readonly PacketAddresses _ends;
    private readonly int _linkType;
    private readonly bool _isBigEndian;
    private uint _seconds = 1_700_000_000;

    internal CaptureFile(
        int linkType = 101, bool isBigEndian = false, string client = "192.0.2.1:50000", string server = "192.0.2.2:80")
    {
        (_linkType, _isBigEndian) = (linkType, isBigEndian);
        _ends = new PacketAddresses(IPEndPoint.Parse(client), IPEndPoint.Parse(server), 1);
        Put(0xA1B2C3D4);
        Put16(2);
        Put16(4);
        Put(0);
        Put(0);
        Put(0x40000);
        Put((uint)linkType);
    }

    internal byte[] Bytes => [.. _bytes];

    internal NetTranscriptEvent[] Events => [.. Read(Bytes, out _)];

    /// <summary>Reads a file from memory.</summary>
    internal static IEnumerable<NetTranscriptEvent> Read(byte[] bytes, out List<string> remarks)
    {
        remarks = [];
        MemoryStream stream = new(bytes);
        PacketReader reader = bytes is [0x0A, 0x0D, 0x0D, 0x0A, ..] ? new PcapngReader(stream, "f") : new PcapReader(stream, "f");
        return CaptureReader.Read(reader, remarks, default);
    }

    internal CaptureFile Segment(
        NetTranscriptDirection direction,
        TcpFlags flags,
        uint sequence,
        uint acknowledged = 0,
        byte[]? data = null,
        int cut = 0)
    {
        byte[] packet = new byte[Packets.MostBytes];
        int length = Packets.WriteTcp(packet, _ends, direction, flags, sequence, acknowledged, data);
        return Frame(packet[..length], cut);
    }

    internal CaptureFile Datagram(NetTranscriptDirection direction, byte[] data)
    {
        byte[] packet = new byte[Packets.MostBytes];
        return Frame(packet[..Packets.WriteUdp(packet, _ends, direction, data)]);
    }

    /// <summary>Adds a packet of IP, below the header of the link.</summary>
    internal CaptureFile Frame(byte[] packet, int cut = 0)
    {
        byte[] type = _ends.IsIPv4 ? [8, 0] : [0x86, 0xDD];
        byte[] family = _ends.IsIPv4 ? [2, 0, 0, 0] : [10, 0, 0, 0];
        byte[] frame = _linkType switch
        {
            0 => [.. _isBigEndian ? family.AsEnumerable().Reverse() : family, .. packet],
            1 => [.. new byte[12], 0x81, 0, 0, 5, 0x88, 0xA8, 0, 6, .. type, .. packet, .. new byte[6]],
            108 => [.. family.AsEnumerable().Reverse(), .. packet],
            113 => [.. new byte[14], .. type, .. packet],
            276 => [.. type, .. new byte[18], .. packet],
            _ => packet,
        };
        Put(++_seconds);
        Put(0);
        Put((uint)(frame.Length - cut));
        Put((uint)frame.Length);
        _bytes.AddRange(frame[..(frame.Length - cut)]);
        return this;
    }

    private void Put(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, _isBigEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
        _bytes.AddRange(bytes);
    }

    private void Put16(ushort value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, _isBigEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
        _bytes.AddRange(bytes);
    }
}
