using System.Buffers.Binary;
using System.Collections.Specialized;
using System.Globalization;
using System.Net;
using System.Text;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>The parameters of HTTPS and SVCB records (RFC 9460, sections 7 and 14.3.2; RFC 9461, section 5).</summary>
internal static class ServiceParameters
{
    private static readonly string[] s_keys = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath"];

    /// <summary>Reads parameters until the end of the data.</summary>
    internal static (OrderedDictionary Value, string Shown) Read(ref DnsReader reader)
    {
        OrderedDictionary values = [];
        StringBuilder shown = new();
        while (!reader.IsAtEnd)
        {
            ushort key = reader.UInt16();
            string name = Key(key);
            ReadOnlySpan<byte> bytes = reader.Bytes(reader.UInt16());
            string value = Value(key, bytes);
            values[name] = value;
            shown.Append(shown.Length > 0 ? " " : string.Empty).Append(name);
            if (!bytes.IsEmpty)
            {
                _ = key is 1 or 7 || key >= s_keys.Length
                    ? shown.Append('=').Append(RecordText.Quoted(value))
                    : shown.Append('=').Append(value);
            }
        }

        return (values, shown.ToString());
    }

    private static string Key(ushort key) => key < s_keys.Length ? s_keys[key] : "key" + key.ToString(CultureInfo.InvariantCulture);

    private static string Value(ushort key, ReadOnlySpan<byte> bytes) => key switch
    {
        0 => Join(bytes, 2, static part => Key(BinaryPrimitives.ReadUInt16BigEndian(part))),
        1 => Protocols(bytes),
        3 => Join(bytes, 2, static part => BinaryPrimitives.ReadUInt16BigEndian(part).ToString(CultureInfo.InvariantCulture)),
        4 => Join(bytes, 4, static part => new IPAddress(part).ToString()),
        5 => Convert.ToBase64String(bytes),
        6 => Join(bytes, 16, static part => new IPAddress(part).ToString()),
        _ => RecordText.Plain(bytes),
    };

    private static string Protocols(ReadOnlySpan<byte> bytes)
    {
        DnsReader reader = new(bytes);
        List<string> protocols = [];
        while (!reader.IsAtEnd)
        {
            protocols.Add(RecordText.Plain(reader.Counted()));
        }

        return string.Join(',', protocols);
    }

    private delegate string PartReader(ReadOnlySpan<byte> part);

    private static string Join(ReadOnlySpan<byte> bytes, int size, PartReader read)
    {
        List<string> parts = [];
        DnsReader reader = new(bytes);
        while (!reader.IsAtEnd)
        {
            parts.Add(read(reader.Bytes(size)));
        }

        return string.Join(',', parts);
    }
}
