using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Framing;

/// <summary>
/// A message ends with a delimiter, which is not part of it: a sequence of bytes, or text in the encoding of the messages.
/// </summary>
internal sealed class DelimiterFraming : MessageFraming
{
    /// <summary>Ends with LF; a CR before it is also removed, because line protocols allow both.</summary>
    internal static readonly DelimiterFraming Line = new("Line", "\n", TextEncoding.Default, optional: "\r");

    /// <summary>As <see cref="Line"/>, but a message is sent with CR and LF.</summary>
    internal static readonly DelimiterFraming CrLf = new("CrLf", "\n", TextEncoding.Default, optional: "\r", sendsOptional: true);

    /// <summary>Ends with a zero character.</summary>
    internal static readonly DelimiterFraming Null = new("Null", "\0", TextEncoding.Default);

    private readonly byte[] _delimiter;
    private readonly byte[] _optional = [];
    private readonly byte[] _end;
    private readonly bool _sendsOptional;
    private readonly string? _text;
    private readonly string? _optionalText;
    private readonly Encoding? _encoding;
    private readonly CharacterSteps? _steps;

    /// <param name="delimiter">The bytes, in whatever encoding the messages are.</param>
    internal DelimiterFraming(byte[] delimiter)
        : base("Delimiter:" + Convert.ToHexString(delimiter))
        => _delimiter = _end = delimiter;

    /// <param name="delimiter">The text, which <see cref="In"/> encodes.</param>
    internal DelimiterFraming(string delimiter)
        : this(null, delimiter, TextEncoding.Default)
    {
    }

    private DelimiterFraming(string? name, string text, Encoding encoding, string? optional = null, bool sendsOptional = false)
        : base(name ?? "Delimiter:" + Convert.ToHexString(encoding.GetBytes(text)))
    {
        _delimiter = encoding.GetBytes(text);
        _optional = encoding.GetBytes(optional ?? string.Empty);
        _sendsOptional = sendsOptional;
        _end = sendsOptional ? [.. _optional, .. _delimiter] : _delimiter;
        (_text, _optionalText, _encoding) = (text, optional, encoding);
        _steps = CharacterSteps.For(encoding, _delimiter);
    }

    internal override MessageFraming In(Encoding encoding)
    {
        if (_text is null || encoding.CodePage == _encoding!.CodePage)
        {
            return this;
        }

        if (encoding.GetString(encoding.GetBytes(_text)) != _text)
        {
            throw new NetLabException(
                FaultKind.InvalidFraming,
                $"The delimiter '{_text}' does not exist in {encoding.WebName}. "
                    + "Choose another -Encoding, or give the delimiter as bytes.");
        }

        if (!CharacterSteps.CanFind(_text, encoding))
        {
            throw new NetLabException(
                FaultKind.InvalidFraming,
                $"The delimiter '{_text}' cannot be found in {encoding.WebName}, where the same bytes mean different characters after "
                    + "different text. Choose another -Encoding, or another -Framing, such as Length16.");
        }

        string? name = Name.StartsWith("Delimiter", StringComparison.Ordinal) ? null : Name;
        return new DelimiterFraming(name, _text, encoding, _optionalText, _sendsOptional);
    }

    internal override FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame)
    {
        int index = Find(buffer, progress.Examined, out int searched);
        if (index >= 0)
        {
            int length = index - OptionalBefore(buffer[..index]);
            frame = new Frame(0, length, index + _delimiter.Length);
            return length > limit ? FrameStatus.TooLong : FrameStatus.Complete;
        }

        progress.Examined = searched;
        int pending = searched - OptionalBefore(buffer[..searched]);
        frame = new Frame(0, pending, 0);
        return pending > limit ? FrameStatus.TooLong : FrameStatus.Incomplete;
    }

    internal override int EncodedLength(ReadOnlySpan<byte> payload) => checked(payload.Length + _end.Length);

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        payload.CopyTo(destination);
        _end.CopyTo(destination[payload.Length..]);
    }

    /// <summary>Where the delimiter begins, or -1; <paramref name="searched"/> is then where the next search must begin.</summary>
    private int Find(ReadOnlySpan<byte> buffer, int from, out int searched)
    {
        // The last bytes may be the start of a delimiter, so they are searched again together with what follows.
        int last = buffer.Length - _delimiter.Length;
        searched = Math.Max(from, last + 1);
        if (_steps is null)
        {
            int index = buffer[from..].IndexOf(_delimiter);
            return index < 0 ? -1 : from + index;
        }

        int at = from;
        while (at <= last)
        {
            if (buffer[at..].StartsWith(_delimiter))
            {
                return at;
            }

            int step = _steps.At(buffer[at..]);
            if (at + step > buffer.Length)
            {
                break; // a character that is not complete yet
            }

            at += step;
        }

        searched = at;
        return -1;
    }

    private int OptionalBefore(ReadOnlySpan<byte> text) => _optional.Length > 0 && text.EndsWith(_optional) ? _optional.Length : 0;
}
