using System.Buffers;
using System.Globalization;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Builds a page of UTF-8 text in a pooled buffer.</summary>
internal sealed class PageWriter : IBufferWriter<byte>, IDisposable
{
    private byte[] _buffer;

    internal PageWriter(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>The number of bytes written so far.</summary>
    internal int Length { get; private set; }

    /// <summary>The bytes written so far. Valid until the next write.</summary>
    internal ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    /// <inheritdoc/>
    public void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Returns what was written and empties the writer.</summary>
    internal byte[] Take()
    {
        byte[] taken = Written.ToArray();
        Length = 0;
        return taken;
    }

    /// <summary>Removes everything after the first bytes.</summary>
    internal void Truncate(int length) => Length = length;

    /// <summary>Writes markup without escaping it.</summary>
    internal void Markup(ReadOnlySpan<byte> utf8) => this.Write(utf8);

    /// <summary>
    /// Writes plain text, escaped for an element or a quoted attribute. Characters that are invisible or reorder their neighbors
    /// are written as code points, invalid Unicode as U+FFFD.
    /// </summary>
    internal void Text(ReadOnlySpan<char> text)
    {
        const int MostBytesPerChar = 8;
        Span<byte> free = GetSpan(text.Length * MostBytesPerChar);
        int length = 0;
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf16(text, out Rune rune, out int consumed);
            text = text[consumed..];
            length += WriteText(rune, free[length..]);
        }

        Advance(length);
    }

    /// <summary>
    /// Writes a segment of a path, percent-encoded. Only the unreserved characters of RFC 3986, section 2.3, stay as they are, so
    /// nothing in it can be taken for the syntax of a URL or an attribute.
    /// </summary>
    internal void PathSegment(ReadOnlySpan<char> segment)
    {
        const int MostBytesPerChar = 9;
        Span<byte> free = GetSpan(segment.Length * MostBytesPerChar);
        Span<byte> utf8 = stackalloc byte[4];
        int length = 0;
        while (!segment.IsEmpty)
        {
            Rune.DecodeFromUtf16(segment, out Rune rune, out int consumed);
            ReadOnlySpan<byte> octets = ByteText.IsByte(rune, segment[0], out utf8[0]) ? utf8[..1] : utf8[..rune.EncodeToUtf8(utf8)];
            segment = segment[consumed..];
            if (rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value is '-' or '.' or '_' or '~'))
            {
                free[length++] = (byte)rune.Value;
                continue;
            }

            foreach (byte octet in octets)
            {
                free[length++] = (byte)'%';
                octet.TryFormat(free[length..], out int written, "X2", CultureInfo.InvariantCulture);
                length += written;
            }
        }

        Advance(length);
    }

    /// <summary>Writes a value in the invariant culture.</summary>
    internal void Value<T>(T value, ReadOnlySpan<char> format = default)
        where T : IUtf8SpanFormattable
    {
        const int MostBytes = 64;
        value.TryFormat(GetSpan(MostBytes), out int written, format, CultureInfo.InvariantCulture);
        Advance(written);
    }

    private static int WriteText(Rune rune, Span<byte> destination)
    {
        ReadOnlySpan<byte> reference = rune.Value switch
        {
            '<' => "&lt;"u8,
            '>' => "&gt;"u8,
            '&' => "&amp;"u8,
            '"' => "&quot;"u8,
            '\'' => "&#39;"u8,
            _ => default,
        };
        if (!reference.IsEmpty)
        {
            reference.CopyTo(destination);
            return reference.Length;
        }

        if (!IsDeceptive(rune))
        {
            return rune.EncodeToUtf8(destination);
        }

        "[U+"u8.CopyTo(destination);
        rune.Value.TryFormat(destination[3..], out int digits, "X4", CultureInfo.InvariantCulture);
        destination[3 + digits] = (byte)']';
        return 4 + digits;
    }

    // Controls, marks that change the writing direction, line separators, and zero-width characters.
    // U+200C and U+200D are allowed: Persian and emoji need them.
    private static bool IsDeceptive(Rune rune) =>
        Rune.IsControl(rune)
        || rune.Value is 0x061C or 0x200B or 0x200E or 0x200F or (>= 0x2028 and <= 0x202E) or (>= 0x2060 and <= 0x206F) or 0xFEFF;

    private void Reserve(int sizeHint)
    {
        int needed = Length + Math.Max(sizeHint, 1);
        if (needed <= _buffer.Length)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length * 2));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
