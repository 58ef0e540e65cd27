namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Reads field values that are lists, whose elements may have weights (RFC 9110, sections 5.6.1 and 12.4.2).</summary>
internal static class FieldList
{
    /// <summary>The weight of an element that does not state one: q=1, in thousandths.</summary>
    internal const int FullWeight = 1000;

    /// <summary>Removes the next element from the list, skipping empty ones; false when none is left.</summary>
    internal static bool TryTake(scoped ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> element)
    {
        do
        {
            element = TakeUntil((byte)',', ref list);
        }
        while (element.IsEmpty && !list.IsEmpty);
        return !element.IsEmpty;
    }

    /// <summary>Splits an element into its name and its weight in thousandths; -1 if the weight is malformed.</summary>
    internal static int ReadWeight(ReadOnlySpan<byte> element, out ReadOnlySpan<byte> name)
    {
        name = TakeUntil((byte)';', ref element);
        int weight = FullWeight;
        while (!element.IsEmpty)
        {
            ReadOnlySpan<byte> parameter = TakeUntil((byte)';', ref element);
            if (parameter.Length >= 2 && (parameter[0] | 0x20) == 'q' && parameter[1] == '=')
            {
                weight = ParseWeight(parameter[2..]);
            }
        }

        return weight;
    }

    /// <summary>Takes the part up to the next semicolon, as in a value with parameters.</summary>
    internal static void Split(scoped ref ReadOnlySpan<byte> value, out ReadOnlySpan<byte> part) => part = TakeUntil((byte)';', ref value);

    private static int ParseWeight(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] is not ((byte)'0' or (byte)'1') || (text.Length > 1 && text[1] != '.'))
        {
            return -1;
        }

        int weight = (text[0] - '0') * FullWeight;
        int scale = FullWeight / 10;
        // The grammar allows at most three decimals, but some clients send the full result of a division.
        for (int i = 2; i < text.Length; i++, scale /= 10)
        {
            if (!char.IsAsciiDigit((char)text[i]))
            {
                return -1;
            }

            weight += (text[i] - '0') * scale;
        }

        return weight <= FullWeight ? weight : -1;
    }

    // A separator within a quoted string (RFC 9110, section 5.6.4) does not count.
    private static ReadOnlySpan<byte> TakeUntil(byte separator, scoped ref ReadOnlySpan<byte> text)
    {
        int end = 0;
        while (end < text.Length && text[end] != separator)
        {
            end = text[end] == '"' ? SkipQuotedString(text, end) : end + 1;
        }

        ReadOnlySpan<byte> taken = TrimWhitespace(text[..end]);
        text = end < text.Length ? text[(end + 1)..] : default;
        return taken;
    }

    private static ReadOnlySpan<byte> TrimWhitespace(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty && text[0] is (byte)' ' or (byte)'\t')
        {
            text = text[1..];
        }

        while (!text.IsEmpty && text[^1] is (byte)' ' or (byte)'\t')
        {
            text = text[..^1];
        }

        return text;
    }

    private static int SkipQuotedString(ReadOnlySpan<byte> text, int start)
    {
        for (int i = start + 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                return i + 1;
            }

            if (text[i] == '\\')
            {
                i++;
            }
        }

        return text.Length;
    }
}
