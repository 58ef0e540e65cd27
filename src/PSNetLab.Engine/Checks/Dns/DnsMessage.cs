using System.Buffers.Binary;
using System.Text;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>An answer (RFC 1035, section 4.1; RFC 6891).</summary>
internal sealed class DnsMessage
{
    private const int ExtendedErrorOption = 15;

    // What the flags are called, as dig(1) shows them.
    private static readonly (int Mask, string Name)[] s_flags
        = [(0x0400, "AA"), (0x0200, "TC"), (0x0100, "RD"), (0x0080, "RA"), (0x0020, "AD"), (0x0010, "CD")];

    private readonly int _flags;

    private DnsMessage(ReadOnlySpan<byte> data)
    {
        DnsReader reader = new(data);
        reader.UInt16();
        _flags = reader.UInt16();
        Code = _flags & 0x000F;
        int questions = reader.UInt16();
        int answers = reader.UInt16();
        int authorities = reader.UInt16();
        int additionals = reader.UInt16();
        for (int i = 0; i < questions; i++)
        {
            reader.Name();
            reader.UInt32();
        }

        Answers = ReadRecords(ref reader, answers);
        Authorities = ReadRecords(ref reader, authorities);
        Additionals = ReadRecords(ref reader, additionals);
    }

    /// <summary>The response code, with the upper bits of EDNS.</summary>
    internal int Code { get; private set; }

    /// <summary>The flags that are set, as words.</summary>
    internal string Flags => string.Join(' ', s_flags.Where(flag => (_flags & flag.Mask) != 0).Select(flag => flag.Name));

    internal DnsRecord[] Answers { get; }

    internal DnsRecord[] Authorities { get; }

    /// <summary>Without the record of EDNS.</summary>
    internal DnsRecord[] Additionals { get; }

    /// <summary>How large a datagram the server takes; null if it did not use EDNS.</summary>
    internal int? EdnsBytes { get; private set; }

    /// <summary>What the server says of an error (RFC 8914); null if it says nothing.</summary>
    internal string? ExtendedError { get; private set; }

    /// <summary>Whether a message with a header is only the beginning of an answer.</summary>
    internal static bool IsTruncated(ReadOnlySpan<byte> data) => data.Length >= DnsQuery.HeaderBytes && (data[2] & 0x02) != 0;

    /// <summary>Reads a message.</summary>
    /// <exception cref="DnsFormatException">It is malformed.</exception>
    internal static DnsMessage Read(ReadOnlySpan<byte> data) => new(data);

    private DnsRecord[] ReadRecords(ref DnsReader reader, int count)
    {
        // The count is only a claim, so it does not say how much memory to take.
        List<DnsRecord> records = [];
        for (int i = 0; i < count; i++)
        {
            string name = reader.Name();
            ushort type = reader.UInt16();
            ushort @class = reader.UInt16();
            uint timeToLive = reader.UInt32();
            int outer = reader.Enter(reader.UInt16());
            if (type == DnsWords.Options)
            {
                ReadOptions(ref reader, @class, timeToLive);
            }
            else
            {
                records.Add(
                    new DnsRecord(
                        name,
                        type,
                        @class,
                        timeToLive,
                        @class == DnsWords.Internet ? RecordData.Read(type, ref reader) : RecordData.Unknown(ref reader)));
            }

            reader.Leave(outer);
        }

        return [.. records];
    }

    private void ReadOptions(ref DnsReader reader, ushort size, uint codeAndFlags)
    {
        const int UpperCodeShift = 20; // from the top of the 32 bits to above the lower four of the code
        EdnsBytes = size;
        Code |= (int)(codeAndFlags >> UpperCodeShift) & 0x0FF0;
        while (!reader.IsAtEnd)
        {
            int option = reader.UInt16();
            ReadOnlySpan<byte> value = reader.Bytes(reader.UInt16());
            if (option == ExtendedErrorOption && value.Length >= 2)
            {
                string meaning = DnsWords.ExtendedError(BinaryPrimitives.ReadUInt16BigEndian(value));
                string text = RecordText.Escape(Encoding.UTF8.GetString(value[2..]));
                ExtendedError = text.Length > 0 ? $"{meaning}: {text}" : meaning;
            }
        }
    }
}
