using System.Globalization;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>The names that IANA gives to the numbers of the protocol.</summary>
internal static class DnsWords
{
    internal const ushort A = 1;
    internal const ushort Alias = 5; // CNAME
    internal const ushort Authority = 6; // SOA
    internal const ushort NameServer = 2; // NS
    internal const ushort Reverse = 12; // PTR
    internal const ushort Options = 41; // OPT
    internal const ushort Any = 255;
    internal const ushort Internet = 1; // the class IN

    internal const int NoError = 0;
    internal const int FormatError = 1;
    internal const int ServerFailure = 2;
    internal const int NoSuchName = 3;
    internal const int NotImplemented = 4;
    internal const int Refused = 5;

    /// <summary>What a type that is not known here is called before its number (RFC 3597, section 5).</summary>
    private const string OtherType = "TYPE";

    private static readonly Dictionary<ushort, string> s_types = new()
    {
        [A] = "A",
        [28] = "AAAA",
        [Alias] = "CNAME",
        [15] = "MX",
        [NameServer] = "NS",
        [Reverse] = "PTR",
        [Authority] = "SOA",
        [33] = "SRV",
        [16] = "TXT",
        [257] = "CAA",
        [65] = "HTTPS",
        [64] = "SVCB",
        [43] = "DS",
        [48] = "DNSKEY",
        [46] = "RRSIG",
        [47] = "NSEC",
        [50] = "NSEC3",
        [51] = "NSEC3PARAM",
        [59] = "CDS",
        [60] = "CDNSKEY",
        [52] = "TLSA",
        [53] = "SMIMEA",
        [44] = "SSHFP",
        [35] = "NAPTR",
        [39] = "DNAME",
        [13] = "HINFO",
        [17] = "RP",
        [18] = "AFSDB",
        [99] = "SPF",
        [256] = "URI",
        [Any] = "ANY",
    };

    private static readonly Dictionary<string, ushort> s_numbers = s_types.ToDictionary(
        entry => entry.Value, entry => entry.Key, StringComparer.OrdinalIgnoreCase);

    private static readonly string[] s_classes = ["CLASS0", "IN", "CLASS2", "CH", "HS"];

    private static readonly string[] s_codes
        = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"];

    // From 16 on: RFC 6891, section 9; RFC 8945, section 3; RFC 7873, section 8.
    private static readonly string[] s_extendedCodes
        = ["BADVERS", "BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE"];

    // RFC 8914, section 5.2.
    private static readonly string[] s_extendedErrors =
    [
        "Other Error",
        "Unsupported DNSKEY Algorithm",
        "Unsupported DS Digest Type",
        "Stale Answer",
        "Forged Answer",
        "DNSSEC Indeterminate",
        "DNSSEC Bogus",
        "Signature Expired",
        "Signature Not Yet Valid",
        "DNSKEY Missing",
        "RRSIGs Missing",
        "No Zone Key Bit Set",
        "NSEC Missing",
        "Cached Error",
        "Not Ready",
        "Blocked",
        "Censored",
        "Filtered",
        "Prohibited",
        "Stale NXDOMAIN Answer",
        "Not Authoritative",
        "Not Supported",
        "No Reachable Authority",
        "Network Error",
        "Invalid Data",
    ];

    /// <summary>The types that have a name here.</summary>
    internal static IEnumerable<string> Types => s_types.Values;

    internal static string Type(ushort type) => s_types.GetValueOrDefault(type) ?? OtherType + type.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads a type: its name, TYPE and a number, or a number.</summary>
    internal static bool TryParseType(string text, out ushort type)
    {
        string number = text.StartsWith(OtherType, StringComparison.OrdinalIgnoreCase) ? text[OtherType.Length..] : text;
        return s_numbers.TryGetValue(text, out type)
            || (ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out type) && type > 0);
    }

    /// <summary>The number of a type that <see cref="Type"/> named.</summary>
    internal static ushort ParseType(string text)
        => TryParseType(text, out ushort type) ? type : throw new ArgumentOutOfRangeException(nameof(text));

    internal static string Class(ushort number)
        => number < s_classes.Length ? s_classes[number] : "CLASS" + number.ToString(CultureInfo.InvariantCulture);

    internal static string Code(int code) => code < s_codes.Length ? s_codes[code]
        : code >= 16 && code < 16 + s_extendedCodes.Length ? s_extendedCodes[code - 16]
        : "RCODE" + code.ToString(CultureInfo.InvariantCulture);

    internal static string ExtendedError(ushort code)
        => code < s_extendedErrors.Length ? s_extendedErrors[code] : "Error " + code.ToString(CultureInfo.InvariantCulture);
}
