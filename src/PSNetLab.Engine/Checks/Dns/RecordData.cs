using System.Collections.Specialized;
using System.Globalization;
using System.Net;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>How a field of a record is written.</summary>
internal enum FieldForm
{
    Byte,
    UInt16,
    UInt32,
    Time,
    Name,
    Address4,
    Address6,

    /// <summary>A text behind its length, shown in quotes.</summary>
    Text,

    /// <summary>A word behind its length.</summary>
    Word,

    /// <summary>Texts, each behind its length, which belong together.</summary>
    Texts,

    /// <summary>All that is left, as a text in quotes.</summary>
    RestText,

    /// <summary>All that is left.</summary>
    Hex,

    /// <inheritdoc cref="Hex"/>
    Base64,

    /// <summary>Bytes behind their number.</summary>
    CountedHex,

    /// <inheritdoc cref="CountedHex"/>
    CountedBase32,

    /// <summary>The number of a type.</summary>
    Type,

    /// <summary>The types that a name has (RFC 4034, section 4.1.2).</summary>
    Types,

    /// <summary>Parameters of a service (RFC 9460, section 2.2).</summary>
    Parameters,
}

/// <summary>What a record says.</summary>
/// <param name="Text">All of it as one text.</param>
/// <param name="Fields">Its fields by name.</param>
internal sealed record RecordData(string Text, OrderedDictionary Fields)
{
    /// <summary>The fields of each type, in their order.</summary>
    private static readonly Dictionary<string, (string Name, FieldForm Form)[]> s_layouts = new()
    {
        ["A"] = [("Address", FieldForm.Address4)],
        ["AAAA"] = [("Address", FieldForm.Address6)],
        ["NS"] = [("Target", FieldForm.Name)],
        ["CNAME"] = [("Target", FieldForm.Name)],
        ["DNAME"] = [("Target", FieldForm.Name)],
        ["PTR"] = [("Target", FieldForm.Name)],
        ["MX"] = [("Preference", FieldForm.UInt16), ("Target", FieldForm.Name)],
        ["AFSDB"] = [("Subtype", FieldForm.UInt16), ("Target", FieldForm.Name)],
        ["RP"] = [("Mailbox", FieldForm.Name), ("Target", FieldForm.Name)],
        ["SRV"] = [("Priority", FieldForm.UInt16), ("Weight", FieldForm.UInt16), ("Port", FieldForm.UInt16), ("Target", FieldForm.Name)],
        ["URI"] = [("Priority", FieldForm.UInt16), ("Weight", FieldForm.UInt16), ("Target", FieldForm.RestText)],
        ["TXT"] = [("Strings", FieldForm.Texts)],
        ["SPF"] = [("Strings", FieldForm.Texts)],
        ["HINFO"] = [("Cpu", FieldForm.Text), ("System", FieldForm.Text)],
        ["CAA"] = [("Flags", FieldForm.Byte), ("Tag", FieldForm.Word), ("Value", FieldForm.RestText)],
        ["HTTPS"] = [("Priority", FieldForm.UInt16), ("Target", FieldForm.Name), ("Parameters", FieldForm.Parameters)],
        ["SVCB"] = [("Priority", FieldForm.UInt16), ("Target", FieldForm.Name), ("Parameters", FieldForm.Parameters)],
        ["SOA"] =
        [
            ("PrimaryServer", FieldForm.Name),
            ("Mailbox", FieldForm.Name),
            ("Serial", FieldForm.UInt32),
            ("Refresh", FieldForm.UInt32),
            ("Retry", FieldForm.UInt32),
            ("Expire", FieldForm.UInt32),
            ("Minimum", FieldForm.UInt32),
        ],
        ["NAPTR"] =
        [
            ("Order", FieldForm.UInt16),
            ("Preference", FieldForm.UInt16),
            ("Flags", FieldForm.Text),
            ("Services", FieldForm.Text),
            ("Expression", FieldForm.Text),
            ("Target", FieldForm.Name),
        ],
        ["DS"] = Digest(),
        ["CDS"] = Digest(),
        ["DNSKEY"] = Key(),
        ["CDNSKEY"] = Key(),
        ["RRSIG"] =
        [
            ("TypeCovered", FieldForm.Type),
            ("Algorithm", FieldForm.Byte),
            ("Labels", FieldForm.Byte),
            ("OriginalTimeToLive", FieldForm.UInt32),
            ("Expiration", FieldForm.Time),
            ("Inception", FieldForm.Time),
            ("KeyTag", FieldForm.UInt16),
            ("Signer", FieldForm.Name),
            ("Signature", FieldForm.Base64),
        ],
        ["NSEC"] = [("NextName", FieldForm.Name), ("Types", FieldForm.Types)],
        ["NSEC3"] =
        [
            ("HashAlgorithm", FieldForm.Byte),
            ("Flags", FieldForm.Byte),
            ("Iterations", FieldForm.UInt16),
            ("Salt", FieldForm.CountedHex),
            ("NextHash", FieldForm.CountedBase32),
            ("Types", FieldForm.Types),
        ],
        ["NSEC3PARAM"] =
        [
            ("HashAlgorithm", FieldForm.Byte),
            ("Flags", FieldForm.Byte),
            ("Iterations", FieldForm.UInt16),
            ("Salt", FieldForm.CountedHex),
        ],
        ["TLSA"] = Association(),
        ["SMIMEA"] = Association(),
        ["SSHFP"] = [("Algorithm", FieldForm.Byte), ("FingerprintType", FieldForm.Byte), ("Fingerprint", FieldForm.Hex)],
    };

    /// <summary>Reads the part of a message that is the data of a record.</summary>
    /// <exception cref="DnsFormatException">It is not what the type demands.</exception>
    internal static RecordData Read(ushort type, ref DnsReader reader)
    {
        if (!s_layouts.TryGetValue(DnsWords.Type(type), out (string Name, FieldForm Form)[]? layout))
        {
            return Unknown(ref reader);
        }

        OrderedDictionary fields = [];
        string text = string.Empty;
        foreach ((string name, FieldForm form) in layout)
        {
            (object value, string shown) = ReadField(form, ref reader);
            fields.Add(name, value);
            text = text.Length == 0 ? shown : shown.Length == 0 ? text : $"{text} {shown}";
        }

        return new RecordData(text, fields);
    }

    /// <summary>Data of a type that is not known here (RFC 3597, section 5).</summary>
    internal static RecordData Unknown(ref DnsReader reader)
    {
        ReadOnlySpan<byte> bytes = reader.Rest();
        string text = bytes.IsEmpty
            ? @"\# 0"
            : string.Create(CultureInfo.InvariantCulture, $@"\# {bytes.Length} {Convert.ToHexString(bytes)}");
        return new RecordData(text, new OrderedDictionary { ["Bytes"] = bytes.ToArray() });
    }

    private static (object Value, string Shown) ReadField(FieldForm form, ref DnsReader reader) => form switch
    {
        FieldForm.Byte => Number(reader.Byte()),
        FieldForm.UInt16 => Number(reader.UInt16()),
        FieldForm.UInt32 => Number(reader.UInt32()),
        FieldForm.Time => Moment(RecordText.Time(reader.UInt32())),
        FieldForm.Name => Same(reader.Name()),
        FieldForm.Address4 => Same(new IPAddress(reader.Bytes(4)).ToString()),
        FieldForm.Address6 => Same(new IPAddress(reader.Bytes(16)).ToString()),
        FieldForm.Text => InQuotes(RecordText.Plain(reader.Counted())),
        FieldForm.Word => Same(RecordText.Plain(reader.Counted())),
        FieldForm.RestText => InQuotes(RecordText.Plain(reader.Rest())),
        FieldForm.Texts => ReadTexts(ref reader),
        FieldForm.Hex => Same(Convert.ToHexString(reader.Rest())),
        FieldForm.Base64 => Same(Convert.ToBase64String(reader.Rest())),
        FieldForm.CountedHex => Same(reader.Counted() is { IsEmpty: false } bytes ? Convert.ToHexString(bytes) : "-"),
        FieldForm.CountedBase32 => Same(RecordText.Base32(reader.Counted())),
        FieldForm.Type => Same(DnsWords.Type(reader.UInt16())),
        FieldForm.Types => ReadTypes(ref reader),
        FieldForm.Parameters => ServiceParameters.Read(ref reader),
        _ => throw new ArgumentOutOfRangeException(nameof(form)),
    };

    private static (object Value, string Shown) Same(string text) => (text, text);

    private static (object Value, string Shown) InQuotes(string text) => (text, RecordText.Quoted(text));

    private static (object Value, string Shown) Number(long number) => (number, number.ToString(CultureInfo.InvariantCulture));

    private static (object Value, string Shown) Moment(DateTime time)
        => (time, time.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture));

    private static (object Value, string Shown) ReadTexts(ref DnsReader reader)
    {
        List<string> texts = [];
        List<byte> all = [];
        while (!reader.IsAtEnd)
        {
            ReadOnlySpan<byte> text = reader.Counted();
            texts.Add(RecordText.Plain(text));
            all.AddRange(text);
        }

        // Joined as bytes: a character may begin in one text and end in the next.
        return (texts.ToArray(), RecordText.Plain([.. all]));
    }

    private static (object Value, string Shown) ReadTypes(ref DnsReader reader)
    {
        List<string> types = [];
        int last = -1;
        while (!reader.IsAtEnd)
        {
            int block = reader.Byte();
            ReadOnlySpan<byte> bits = reader.Counted();
            if (block <= last || bits.Length is 0 or > 32)
            {
                throw new DnsFormatException("a list of types is out of order");
            }

            last = block;
            int upper = block << 8;
            for (int i = 0; i < bits.Length * 8; i++)
            {
                if ((bits[i / 8] & (0x80 >> (i % 8))) != 0)
                {
                    types.Add(DnsWords.Type((ushort)(upper | i)));
                    reader.Spend(types[^1].Length);
                }
            }
        }

        return (types.ToArray(), string.Join(' ', types));
    }

    private static (string Name, FieldForm Form)[] Digest()
        => [("KeyTag", FieldForm.UInt16), ("Algorithm", FieldForm.Byte), ("DigestType", FieldForm.Byte), ("Digest", FieldForm.Hex)];

    private static (string Name, FieldForm Form)[] Key()
        => [("Flags", FieldForm.UInt16), ("Protocol", FieldForm.Byte), ("Algorithm", FieldForm.Byte), ("PublicKey", FieldForm.Base64)];

    private static (string Name, FieldForm Form)[] Association()
        => [("Usage", FieldForm.Byte), ("Selector", FieldForm.Byte), ("MatchingType", FieldForm.Byte), ("Data", FieldForm.Hex)];
}
