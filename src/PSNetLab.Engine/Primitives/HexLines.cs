using System.Globalization;
using System.Text;

namespace PSNetLab.Engine.Primitives;

/// <summary>Bytes as lines: where they are, the bytes, and those of them that are ASCII characters.</summary>
internal static class HexLines
{
    /// <summary>The lines of some bytes, of 16 bytes each or, if those do not fit, of 8 or 4.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="offset">How many bytes came before them.</param>
    /// <param name="columns">How many columns a line may have.</param>
    internal static IEnumerable<string> Of(byte[] bytes, long offset, int columns)
    {
        int most = columns >= Columns(16) ? 16 : columns >= Columns(8) ? 8 : 4;
        for (int start = 0; start < bytes.Length; start += most)
        {
            StringBuilder line = new();
            line.Append(CultureInfo.InvariantCulture, $"{offset + start:x4} ");
            ReadOnlySpan<byte> part = bytes.AsSpan(start, Math.Min(most, bytes.Length - start));
            foreach (byte one in part)
            {
                line.Append(CultureInfo.InvariantCulture, $"{one:x2} ");
            }

            line.Append(' ', 3 * (most - part.Length));
            foreach (byte one in part)
            {
                line.Append(one is >= 0x20 and < 0x7f ? (char)one : '.');
            }

            yield return line.ToString();
        }
    }

    private static int Columns(int bytes) => 5 + (4 * bytes);
}
