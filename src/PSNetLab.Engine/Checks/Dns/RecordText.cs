using System.Globalization;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>Text of records as a zone file has it (RFC 1035, section 5.1).</summary>
internal static class RecordText
{
    private const string Digits32 = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    /// <summary>
    /// Bytes as text: UTF-8 where they are that, with control characters as \DDD, so that no server can clear or color the screen.
    /// </summary>
    internal static string Plain(ReadOnlySpan<byte> bytes) => Escape(Encoding.UTF8.GetString(bytes));

    /// <summary>Text in quotes.</summary>
    internal static string Quoted(string text)
        => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>Text without characters that could clear, color or reorder what a terminal shows.</summary>
    internal static string Escape(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return PeerText.Visible(text);
        }

        StringBuilder escaped = new(text.Length + 16);
        foreach (char character in text)
        {
            _ = char.IsControl(character)
                ? escaped.Append(CultureInfo.InvariantCulture, $"\\{(int)character:000}")
                : escaped.Append(character);
        }

        return PeerText.Visible(escaped.ToString());
    }

    /// <summary>
    /// The seconds of a signature as a time (RFC 4034, section 3.1.5): of the moments 136 years apart that have this number, the one
    /// nearest to now.
    /// </summary>
    internal static DateTime Time(uint seconds)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return DateTimeOffset.FromUnixTimeSeconds(now + (int)(seconds - (uint)now)).UtcDateTime;
    }

    /// <summary>Base32 with the extended hex alphabet, without padding (RFC 4648, section 7).</summary>
    internal static string Base32(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new((bytes.Length * 8 + 4) / 5);
        int bits = 0;
        int held = 0;
        foreach (byte value in bytes)
        {
            held = ((held << 8) | value) & 0xFFF;
            bits += 8;
            for (; bits >= 5; bits -= 5)
            {
                text.Append(Digits32[(held >> (bits - 5)) & 31]);
            }
        }

        return bits > 0 ? text.Append(Digits32[(held << (5 - bits)) & 31]).ToString() : text.ToString();
    }
}
