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
        ("Length32", "A 4-byte big-endian length precedes each message"),
        ("Length32LE", "A 4-byte little-endian length precedes each message"),
        ("Fixed:<bytes>", "Every message has this many bytes, such as Fixed:128"),
        ("Delimiter:<hex>", "Each message ends with these bytes, such as Delimiter:0D0A"),
    ];

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
            ("LENGTH8", null) => FromLengthPrefix(1, false),
            ("LENGTH16", null) => FromLengthPrefix(2, false),
            ("LENGTH16LE", null) => FromLengthPrefix(2, true),
            ("LENGTH32", null) => FromLengthPrefix(4, false),
            ("LENGTH32LE", null) => FromLengthPrefix(4, true),
            ("FIXED", { } digits) when int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int bytes) =>
                FromFixedLength(bytes),
            ("DELIMITER", { } hex) => FromDelimiter(ParseHex(hex, text)),
            _ => throw Invalid($"'{text}' is not a framing."),
        };
    }

    internal static MessageFraming FromLengthPrefix(int headerBytes, bool littleEndian) => headerBytes is 1 or 2 or 4
        ? new LengthFraming(headerBytes, littleEndian)
        : throw Invalid($"A length prefix must have 1, 2 or 4 bytes, not {headerBytes}.");

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
            + "as @{ Delimiter = \"`r`n\" }, @{ LengthPrefix = 4; LittleEndian = $true }, @{ FixedLength = 128 }.");

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
