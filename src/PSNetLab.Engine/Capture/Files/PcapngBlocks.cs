using System.Buffers.Binary;
using System.Text;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>Numbers of the pcapng format (draft-ietf-opsawg-pcapng).</summary>
internal static class Pcapng
{
    internal const uint SectionHeader = 0x0A0D0D0A;
    internal const uint InterfaceDescription = 1;
    internal const uint OldPacket = 2;
    internal const uint SimplePacket = 3;
    internal const uint InterfaceStatistics = 5;
    internal const uint EnhancedPacket = 6;
    internal const uint ByteOrderMagic = 0x1A2B3C4D;

    internal const ushort EndOfOptions = 0;
    internal const ushort Comment = 1;
    internal const ushort PacketFlags = 2;
    internal const uint WayMask = 3;
    internal const byte Inbound = 1;
    internal const byte Outbound = 2;
    internal const ushort InterfaceName = 2;
    internal const ushort UserApplication = 4;
    internal const ushort TimeResolution = 9;
    internal const ushort TimeOffset = 14;

    /// <summary>LINKTYPE_RAW: bare packets of IP.</summary>
    internal const ushort LinkTypeRaw = 101;
}

/// <summary>Writes the blocks of a pcapng file, through one buffer.</summary>
internal sealed class PcapngBlocks(Stream stream)
{
    private const int BufferBytes = 256 * 1024;
    private const int MostBlockBytes = 128 * 1024;
    private const int MostCommentBytes = 4096;
    private const int PacketHeaderBytes = 28;
    private const long NanosecondsPerTick = 100;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _used;
    private int _start;

    internal void WriteSection(string application)
    {
        Begin(Pcapng.SectionHeader);
        Put(Pcapng.ByteOrderMagic);
        Put(1); // version 1.0
        Put(uint.MaxValue);
        Put(uint.MaxValue); // the length is not known
        PutText(Pcapng.UserApplication, application);
        EndWithOptions();
    }

    internal void WriteInterface(string name)
    {
        Begin(Pcapng.InterfaceDescription);
        Put(Pcapng.LinkTypeRaw);
        Put(0); // packets of any length
        PutText(Pcapng.InterfaceName, name);
        PutOption(Pcapng.TimeResolution, [9]);
        EndWithOptions();
    }

    /// <summary>Writes a comment on an interface, where there is no packet to have it.</summary>
    internal void WriteRemark(int onInterface, DateTime time, string comment)
    {
        Begin(Pcapng.InterfaceStatistics);
        Put((uint)onInterface);
        PutTime(time);
        PutText(Pcapng.Comment, comment);
        EndWithOptions();
    }

    /// <summary>Begins a packet; returns where it goes. Nothing else may be written before <see cref="EndPacket"/>.</summary>
    internal Span<byte> BeginPacket(int onInterface, DateTime time)
    {
        Begin(Pcapng.EnhancedPacket);
        Put((uint)onInterface);
        PutTime(time);
        _used += 2 * sizeof(uint);
        return _buffer.AsSpan(_used, Packets.MostBytes);
    }

    internal void EndPacket(int length, bool isIncoming, IReadOnlyList<string> comments)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_start + PacketHeaderBytes - 8), (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_start + PacketHeaderBytes - 4), (uint)length);
        _used += length;
        Pad();
        foreach (string comment in comments)
        {
            PutText(Pcapng.Comment, comment);
        }

        PutOption(Pcapng.PacketFlags, [isIncoming ? Pcapng.Inbound : Pcapng.Outbound, 0, 0, 0]);
        EndWithOptions();
    }

    internal void Flush()
    {
        stream.Write(_buffer, 0, _used);
        _used = 0;
    }

    private void Begin(uint type)
    {
        if (_buffer.Length - _used < MostBlockBytes)
        {
            Flush();
        }

        _start = _used;
        Put(type);
        Put(0); // the length, once it is known
    }

    private void EndWithOptions()
    {
        Put(Pcapng.EndOfOptions);
        uint length = (uint)(_used - _start + sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_start + sizeof(uint)), length);
        Put(length);
    }

    private void Put(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_used), value);
        _used += sizeof(uint);
    }

    private void PutTime(DateTime time)
    {
        long ticks = Math.Clamp((time.ToUniversalTime() - DateTime.UnixEpoch).Ticks, 0, long.MaxValue / NanosecondsPerTick);
        ulong nanoseconds = (ulong)(ticks * NanosecondsPerTick);
        Put((uint)(nanoseconds >> 32));
        Put((uint)nanoseconds);
    }

    private void PutOption(ushort code, ReadOnlySpan<byte> value)
    {
        Put((uint)(value.Length << 16) | code);
        value.CopyTo(_buffer.AsSpan(_used));
        _used += value.Length;
        Pad();
    }

    private void PutText(ushort code, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = bytes.Length;
        if (length > MostCommentBytes)
        {
            // Not in the middle of a character.
            for (length = MostCommentBytes; (bytes[length] & 0xC0) == 0x80; length--)
            {
            }
        }

        PutOption(code, bytes.AsSpan(0, length));
    }

    private void Pad()
    {
        while (_used % sizeof(uint) != 0)
        {
            _buffer[_used++] = 0;
        }
    }
}
