using System.Buffers.Binary;
using System.Text;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>Reads captures in the format pcapng (draft-ietf-opsawg-pcapng).</summary>
/// <inheritdoc/>
internal sealed class PcapngReader(Stream stream, string name) : PacketReader(stream, name)
{
    private const int HeaderBytes = 8;
    private const int LeastBytes = 12;
    private const int LeastSectionBytes = 28;
    private const int MostInterfaces = 1024 * 1024;
    private const byte DefaultResolution = 6;
    private const byte BinaryResolution = 0x80;
    private const int DigitsOfTicks = 7;
    private const int MostDigits = 38;

    private readonly List<Interface> _interfaces = [];

    private readonly record struct Interface(int LinkType, uint SnapLength, byte Resolution, long OffsetSeconds);

    private protected override string Unit => "block";

    internal override bool Read(CancellationToken cancellationToken)
    {
        while (!IsAtEnd())
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> header = Take(HeaderBytes).Span;
            uint type = UInt32(header);
            uint length = UInt32(header[4..]);
            bool isSection = type == Pcapng.SectionHeader;
            if (isSection)
            {
                // Its own first field tells the order of bytes, also that of its length.
                uint rawLength = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
                IsBigEndian = ReadMagic();
                length = IsBigEndian ? BinaryPrimitives.ReverseEndianness(rawLength) : rawLength;
            }

            if (length % 4 != 0 || length < (isSection ? LeastSectionBytes : LeastBytes))
            {
                throw Malformed($"a block cannot have a length of {length} bytes");
            }

            long rest = length - HeaderBytes - (isSection ? sizeof(uint) : 0);
            if (ReadBlock(type, rest, length))
            {
                return true;
            }
        }

        return false;
    }

    private bool ReadMagic() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)).Span) switch
    {
        Pcapng.ByteOrderMagic => false,
        var magic when BinaryPrimitives.ReverseEndianness(magic) == Pcapng.ByteOrderMagic => true,
        var magic => throw Malformed($"the byte-order magic is 0x{magic:X8}, not 0x{Pcapng.ByteOrderMagic:X8}"),
    };

    /// <summary>Reads the rest of a block; whether it has a packet.</summary>
    private bool ReadBlock(uint type, long rest, uint length)
    {
        bool isKnown = type is Pcapng.SectionHeader or Pcapng.InterfaceDescription or Pcapng.EnhancedPacket or Pcapng.SimplePacket
            or Pcapng.OldPacket;
        if (!isKnown)
        {
            Skip(rest - sizeof(uint));
            CheckEnd(Take(sizeof(uint)).Span, length);
            return false;
        }

        if (length > MostBytes)
        {
            throw Malformed($"a length of {length} bytes is more than the {MostBytes} a block may have");
        }

        ReadOnlyMemory<byte> all = Take((int)rest);
        CheckEnd(all.Span[^sizeof(uint)..], length);
        ReadOnlyMemory<byte> body = all[..^sizeof(uint)];
        switch (type)
        {
            case Pcapng.SectionHeader:
                ReadSection(body.Span);
                return false;
            case Pcapng.InterfaceDescription:
                ReadInterface(body.Span);
                return false;
            case Pcapng.SimplePacket:
                ReadSimplePacket(body);
                return true;
            default:
                ReadPacket(body, isOld: type == Pcapng.OldPacket);
                return true;
        }
    }

    private void CheckEnd(ReadOnlySpan<byte> end, uint length)
    {
        if (UInt32(end) != length)
        {
            throw Malformed($"the two lengths of the block differ, {length} and {UInt32(end)}");
        }
    }

    private void ReadSection(ReadOnlySpan<byte> body)
    {
        _interfaces.Clear();
        IsOwn = false;
        if (UInt16(body) != 1)
        {
            throw Malformed($"version {UInt16(body)} of pcapng is not known, only 1 is");
        }

        ReadOnlySpan<byte> options = body[12..];
        while (TakeOption(ref options, out ushort code, out ReadOnlySpan<byte> value))
        {
            IsOwn |= code == Pcapng.UserApplication && value.StartsWith(Encoding.ASCII.GetBytes(PcapngWriter.Application));
        }
    }

    private void ReadInterface(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8)
        {
            throw Malformed("the description of an interface is too short");
        }

        if (_interfaces.Count == MostInterfaces)
        {
            throw Malformed($"there are more than {MostInterfaces} interfaces");
        }

        byte resolution = DefaultResolution;
        long offset = 0;
        ReadOnlySpan<byte> options = body[8..];
        while (TakeOption(ref options, out ushort code, out ReadOnlySpan<byte> value))
        {
            if (code == Pcapng.TimeResolution && value.Length == 1)
            {
                resolution = value[0];
            }
            else if (code == Pcapng.TimeOffset && value.Length == sizeof(long))
            {
                offset = IsBigEndian ? BinaryPrimitives.ReadInt64BigEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value);
            }
        }

        _interfaces.Add(new Interface(UInt16(body), UInt32(body[4..]), resolution, offset));
    }

    private void ReadSimplePacket(ReadOnlyMemory<byte> body)
    {
        if (body.Length < sizeof(uint))
        {
            throw Malformed("the packet is too short");
        }

        Interface source = Find(0);
        LinkType = source.LinkType;
        uint original = UInt32(body.Span);
        uint captured = source.SnapLength > 0 ? Math.Min(original, source.SnapLength) : original;
        Comments = [];
        Way = null;
        SetData(body[sizeof(uint)..], captured, original);
        Time = TimeOf(0);
    }

    private void ReadPacket(ReadOnlyMemory<byte> body, bool isOld)
    {
        const int FixedBytes = 20;
        if (body.Length < FixedBytes)
        {
            throw Malformed("the packet is too short");
        }

        ReadOnlySpan<byte> bytes = body.Span;
        Interface source = Find(isOld ? UInt16(bytes) : UInt32(bytes));
        LinkType = source.LinkType;
        ulong units = ((ulong)UInt32(bytes[4..]) << 32) | UInt32(bytes[8..]);
        uint captured = UInt32(bytes[12..]);
        SetData(body[FixedBytes..], captured, UInt32(bytes[16..]));
        Time = TimeOf(Ticks(units, source.Resolution) + ((Int128)source.OffsetSeconds * TimeSpan.TicksPerSecond));
        ReadOnlySpan<byte> options = bytes[Math.Min(bytes.Length, FixedBytes + (((int)captured + 3) & ~3))..];
        List<string>? comments = null;
        Way = null;
        while (TakeOption(ref options, out ushort code, out ReadOnlySpan<byte> value))
        {
            if (code == Pcapng.Comment)
            {
                (comments ??= []).Add(Encoding.UTF8.GetString(value));
            }
            else if (code == Pcapng.PacketFlags && value.Length == sizeof(uint) && IsOwn)
            {
                Way = (UInt32(value) & Pcapng.WayMask) switch
                {
                    Pcapng.Inbound => NetTranscriptDirection.ToServer,
                    Pcapng.Outbound => NetTranscriptDirection.ToClient,
                    _ => null,
                };
            }
        }

        Comments = comments ?? [];
    }

    private Interface Find(uint number) => number < _interfaces.Count
        ? _interfaces[(int)number]
        : throw Malformed($"the packet is of interface {number}, but only {_interfaces.Count} are described before it");

    private void SetData(ReadOnlyMemory<byte> rest, uint captured, uint original)
    {
        if (captured > rest.Length)
        {
            throw Malformed($"the packet says that {captured} bytes were captured, but the block has only {rest.Length}");
        }

        Data = rest[..(int)captured];
        Missing = (int)Math.Min(original > captured ? original - captured : 0, MostBytes);
    }

    private static Int128 Ticks(ulong units, byte resolution)
    {
        int exponent = resolution & ~BinaryResolution;
        if ((resolution & BinaryResolution) != 0)
        {
            return (Int128)(((UInt128)units * (UInt128)TimeSpan.TicksPerSecond) >> exponent);
        }

        return exponent <= DigitsOfTicks ? (Int128)units * Power(DigitsOfTicks - exponent)
            : exponent - DigitsOfTicks <= MostDigits ? (Int128)units / Power(exponent - DigitsOfTicks)
            : 0;

        static Int128 Power(int digits)
        {
            Int128 power = 1;
            for (; digits > 0; digits--)
            {
                power *= 10;
            }

            return power;
        }
    }

    /// <summary>Takes the next option of a list; false at its end.</summary>
    private bool TakeOption(ref ReadOnlySpan<byte> options, out ushort code, out ReadOnlySpan<byte> value)
    {
        code = Pcapng.EndOfOptions;
        value = default;
        if (options.Length < 4)
        {
            return false;
        }

        code = UInt16(options);
        int length = UInt16(options[2..]);
        if (code == Pcapng.EndOfOptions)
        {
            return false;
        }

        if (length > options.Length - 4)
        {
            throw Malformed($"an option of {length} bytes does not fit into the block");
        }

        value = options.Slice(4, length);
        options = options[Math.Min(options.Length, 4 + ((length + 3) & ~3))..];
        return true;
    }
}
