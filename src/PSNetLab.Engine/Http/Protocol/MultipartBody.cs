namespace PSNetLab.Engine.Http.Protocol;

/// <summary>One part of a multipart body.</summary>
/// <param name="Name">The name of the form field; null if the part has none.</param>
/// <param name="FileName">The name of the file; null if the part is not one.</param>
/// <param name="ContentType">The Content-Type of the part; empty if it has none.</param>
/// <param name="Start">Where in the body the content begins.</param>
/// <param name="Data">The content.</param>
internal sealed record MultipartPart(string? Name, string? FileName, string ContentType, int Start, byte[] Data)
{
    /// <summary>Where in the body the content ends.</summary>
    internal int End => Start + Data.Length;
}

/// <summary>Takes a multipart body apart (RFC 2046, section 5.1; RFC 7578 for forms).</summary>
internal static class MultipartBody
{
    /// <summary>The most parts of one body: a body of boundaries alone would have millions.</summary>
    internal const int MostParts = 10_000;

    /// <summary>The parts in their order; null if the body is not what its boundary says.</summary>
    internal static List<MultipartPart>? Read(ReadOnlySpan<byte> body, string boundary)
    {
        byte[] delimiter = [.. "\r\n--"u8, .. System.Text.Encoding.Latin1.GetBytes(boundary)];
        List<MultipartPart> parts = [];

        // The first boundary needs no line break before it. Whatever precedes it is to be ignored.
        int start = body.StartsWith(delimiter.AsSpan(2)) ? delimiter.Length - 2 : After(body, delimiter, 0);
        while (start >= 0 && parts.Count < MostParts)
        {
            ReadOnlySpan<byte> rest = body[start..];
            if (rest.StartsWith("--"u8))
            {
                return parts;
            }

            int line = rest.IndexOf("\r\n"u8);
            int end = line < 0 ? -1 : rest[line..].IndexOf(delimiter);
            if (end < 0)
            {
                return null;
            }

            parts.Add(ReadPart(rest[(line + 2)..Math.Max(line + 2, line + end)], start + line + 2));
            start += line + end + delimiter.Length;
        }

        return null;
    }

    private static int After(ReadOnlySpan<byte> body, ReadOnlySpan<byte> delimiter, int start)
        => body[start..].IndexOf(delimiter) is >= 0 and int found ? start + found + delimiter.Length : -1;

    /// <param name="part">Its lines and its content.</param>
    /// <param name="place">Where in the body that is.</param>
    private static MultipartPart ReadPart(ReadOnlySpan<byte> part, int place)
    {
        int end = part.StartsWith("\r\n"u8) ? 0 : part.IndexOf("\r\n\r\n"u8);
        ReadOnlySpan<byte> lines = end < 0 ? part : part[..end];
        int start = end < 0 ? part.Length : end == 0 ? 2 : end + 4;
        string? name = null;
        string? file = null;
        string type = string.Empty;
        while (!lines.IsEmpty)
        {
            int length = LengthOfField(lines);
            ReadOnlySpan<byte> line = lines[..length];
            lines = lines[Math.Min(length + 2, lines.Length)..];
            int colon = line.IndexOf((byte)':');
            if (colon < 0)
            {
                continue;
            }

            ReadOnlySpan<byte> value = HttpSyntax.Unfold(line[(colon + 1)..]).Trim((byte)' ');
            if (System.Text.Ascii.EqualsIgnoreCase(line[..colon], "Content-Disposition"u8))
            {
                name = ContentTypeField.Parameter(value, "name"u8);
                file = ContentTypeField.Parameter(value, "filename"u8);
            }
            else if (System.Text.Ascii.EqualsIgnoreCase(line[..colon], "Content-Type"u8))
            {
                type = HttpSyntax.ToText(value);
            }
        }

        return new MultipartPart(name, file, type, place + start, part[start..].ToArray());
    }

    /// <summary>Where a field ends: one goes on in lines that begin with a blank (RFC 5322, section 2.2.3).</summary>
    private static int LengthOfField(ReadOnlySpan<byte> lines)
    {
        int length = 0;
        while (lines[length..].IndexOf("\r\n"u8) is >= 0 and int found)
        {
            length += found;
            if (length + 2 == lines.Length || lines[length + 2] is not ((byte)' ' or (byte)'\t'))
            {
                return length;
            }

            length += 2;
        }

        return lines.Length;
    }
}
