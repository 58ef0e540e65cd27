using System.Globalization;

namespace PSNetLab.Engine.Framing;

/// <summary>Parses a -Framing argument.</summary>
internal static class FramingParser
{
    /// <summary>The forms of -Framing with a sentence each, for completion and error messages.</summary>
    internal static readonly (string Text, string Meaning)[] Forms =
    [
        ("Raw", "Whatever one read of the socket returns: no boundaries, so messages may be joined or split"),
        ("Line", "Each message ends with LF; a CR before it is removed"),
        ("CrLf", "As Line, but messages are sent with CR and LF"),
        ("Null", "Each message ends with a zero character: a zero byte, but two in UTF-16 and four in UTF-32"),
        ("Length8", "A 1-byte length precedes each message"),
        ("Length16", "A 2-byte big-endian length precedes each message"),
        ("Length16LE", "A 2-byte little-endian length precedes each message"),
        ("Length24", "A 3-byte big-endian length precedes each message"),
        ("Length24LE", "A 3-byte little-endian length precedes each message"),
        ("Length32", "A 4-byte big-endian length precedes each message"),
        ("Length32LE", "A 4-byte little-endian length precedes each message"),
        ("Length64", "An 8-byte big-endian length precedes each message"),
        ("Length64LE", "An 8-byte little-endian length precedes each message"),
        ("OctetCount", "The length in digits and a space precede each message, as syslog over TCP has it (RFC 6587)"),
        ("Varint", "A length of 7 bits in each byte precedes each message, as with Protocol Buffers"),
        ("Netstring", "The length in digits and a colon precede each message, and a comma ends it"),
        ("Slip", "Each message ends with the byte C0, which is escaped within it (RFC 1055)"),
        ("Telnet", "Lines; Telnet commands between them are taken out, and all options refused (RFC 854)"),
        ("TelnetRaw", "Whatever one read returns, without the Telnet commands in it; all options are refused"),
        ("Fixed:<bytes>", "Every message has this many bytes, such as Fixed:128"),
        ("Delimiter:<hex>", "Each message ends with these bytes, such as Delimiter:0D0A"),
    ];

    private const int MostHeaderBytes = 65535;

    internal static MessageFraming Parse(string text)
    {
        string name = text.Trim();
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        string kind = (colon < 0 ? name : name[..colon]).ToUpperInvariant();
        string? argument = colon < 0 ? null : name[(colon + 1)..].Trim();

        return (kind, argument) switch
        {
            ("RAW", null) => RawFraming.Instance,
            ("LINE", null) => DelimiterFraming.Line,
            ("CRLF", null) => DelimiterFraming.CrLf,
            ("NULL", null) => DelimiterFraming.Null,
            ("OCTETCOUNT", null) => CountFraming.OctetCount,
            ("VARINT", null) => VarintFraming.Instance,
            ("NETSTRING", null) => CountFraming.Netstring,
            ("SLIP", null) => SlipFraming.Instance,
            ("TELNET", null) => TelnetFraming.Lines,
            ("TELNETRAW", null) => TelnetFraming.Reads,
            ("FIXED", { } digits) when int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int bytes) =>
                FromFixedLength(bytes),
            ("DELIMITER", { } hex) => FromDelimiter(ParseHex(hex, text)),
            _ when kind.StartsWith("LENGTH", StringComparison.Ordinal) => ParseLength(kind["LENGTH".Length..], argument, text),
            _ => throw NoFraming(text),
        };
    }

    internal static MessageFraming FromLengthPrefix(
        int bytes, bool littleEndian, int offset = 0, LengthIncludes includes = LengthIncludes.Nothing, int adjust = 0)
        => bytes is not (1 or 2 or 3 or 4 or 8) ? throw Invalid($"A length prefix must have 1, 2, 3, 4 or 8 bytes, not {bytes}.")
            : offset is < 0 or > MostHeaderBytes ? throw Invalid($"Offset must be 0 to {MostHeaderBytes}, not {offset}.")
            : Math.Abs((long)adjust) > MostHeaderBytes
                ? throw Invalid($"Adjust must be -{MostHeaderBytes} to {MostHeaderBytes}, not {adjust}.")
            : new LengthFraming(bytes, littleEndian, offset, includes, adjust);

    internal static MessageFraming FromFixedLength(int bytes) => bytes > 0
        ? new FixedFraming(bytes)
        : throw Invalid($"A fixed length must be at least 1 byte, not {bytes}.");

    internal static MessageFraming FromDelimiter(byte[] delimiter) => delimiter.Length > 0
        ? new DelimiterFraming(delimiter)
        : throw Invalid("A delimiter must have at least 1 byte.");

    internal static MessageFraming FromDelimiter(string delimiter) => delimiter.Length > 0
        ? new DelimiterFraming(delimiter)
        : throw Invalid("A delimiter must have at least 1 character.");

    internal static NetLabException Invalid(string what)
        => new(FaultKind.InvalidFraming, $"{what} Use one of: {string.Join(", ", Forms.Select(form => form.Text))}, or a hashtable such "
            + "as @{ Delimiter = \"`r`n\" }, @{ LengthPrefix = 4; LittleEndian = $true }, @{ LengthPrefix = 2; Offset = 4; "
            + "Includes = 'Header'; Adjust = 0 }, @{ FixedLength = 128 }, @{ Parse = { … }; Format = { … } }.");

    private static NetLabException NoFraming(string text) => Invalid($"'{text}' is not a framing.");

    /// <summary>Reads what follows the word Length, such as 16LE, and what says more about a length inside a header.</summary>
    private static MessageFraming ParseLength(string size, string? options, string text)
    {
        bool littleEndian = size.EndsWith("LE", StringComparison.Ordinal) && size != "8LE";
        int bytes = (littleEndian ? size[..^2] : size) switch
        {
            "8" => 1,
            "16" => 2,
            "24" => 3,
            "32" => 4,
            "64" => 8,
            _ => throw NoFraming(text),
        };
        int offset = 0;
        int adjust = 0;
        LengthIncludes includes = default;
        foreach (string option in options?.Split(':') ?? [])
        {
            string[] parts = option.Split('=', 2, StringSplitOptions.TrimEntries);
            bool isRead = parts.Length == 2 && parts[0].ToUpperInvariant() switch
            {
                "OFFSET" => int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out offset),
                "ADJUST" => int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out adjust),
                "INCLUDES" => TryParseIncludes(parts[1], out includes),
                _ => false,
            };
            if (!isRead)
            {
                throw NoFraming(text);
            }
        }

        return FromLengthPrefix(bytes, littleEndian, offset, includes, adjust);
    }

    internal static bool TryParseIncludes(string text, out LengthIncludes includes)
        => Enum.TryParse(text, ignoreCase: true, out includes) && text.All(char.IsLetter);

    private static byte[] ParseHex(string hex, string text)
    {
        try
        {
            string digits = hex.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? hex[2..] : hex;
            return Convert.FromHexString(digits.Replace(" ", string.Empty, StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            throw Invalid($"The delimiter in '{text}' is not hexadecimal.");
        }
    }
}
