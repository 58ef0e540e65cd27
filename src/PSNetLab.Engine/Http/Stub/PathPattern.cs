using System.Collections.Specialized;
using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>
/// The path of a route. A segment is literal text, or has a part in braces that takes any text: /users/{id}, /img/{name}.png. A last
/// segment {rest*} takes all that follows, with its slashes, or nothing.
/// </summary>
internal sealed class PathPattern
{
    private readonly PathSegment[] _segments;

    private PathPattern(string text, PathSegment[] segments)
    {
        Text = text;
        _segments = segments;
    }

    /// <summary>The pattern as it was given.</summary>
    internal string Text { get; }

    /// <summary>The segments between the slashes.</summary>
    internal ReadOnlySpan<PathSegment> Segments => _segments;

    /// <summary>Whether it names parts of the path.</summary>
    internal bool HasNames => Array.Exists(_segments, segment => segment.Name is not null);

    /// <summary>A pattern for one path, whatever characters it has.</summary>
    /// <param name="path">The path, still encoded; it starts with a slash.</param>
    internal static PathPattern Literal(string path)
        => new(path, path == "*" ? [] : [.. path[1..].Split('/').Select(PathSegment.Literally)]);

    /// <exception cref="NetLabException">The pattern is not one.</exception>
    internal static PathPattern Parse(string text)
    {
        if (!text.StartsWith('/'))
        {
            throw Invalid(text, "must start with a slash, as in /users/{id}; * alone stands for every path");
        }

        string[] parts = text[1..].Split('/');
        PathSegment[] segments = new PathSegment[parts.Length];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < parts.Length; i++)
        {
            segments[i] = PathSegment.Parse(parts[i]) ?? throw Invalid(text, $"has a segment '{parts[i]}' that is neither text nor "
                + $"text with one {{name}}");
            if (segments[i].IsTail && i < parts.Length - 1)
            {
                throw Invalid(text, $"goes on after '{parts[i]}', which takes the rest of the path");
            }

            if (segments[i].Name is { } name && !names.Add(name))
            {
                throw Invalid(text, $"has {{{name}}} twice");
            }
        }

        return new PathPattern(text, segments);
    }

    /// <summary>Whether the whole path, still encoded, has this form.</summary>
    internal bool Fits(ReadOnlySpan<byte> path)
    {
        if (!path.StartsWith("/"u8))
        {
            return _segments.Length == 0 && path.SequenceEqual("*"u8);
        }

        bool isOver = false;
        foreach (PathSegment segment in _segments)
        {
            if (segment.IsTail)
            {
                return true;
            }

            if (isOver || !segment.Fits(Decode(TakeSegment(ref path, out isOver))))
            {
                return false;
            }
        }

        return isOver;
    }

    /// <summary>How many of its segments a path fits from the start, to find routes that are near.</summary>
    internal int CountFitting(ReadOnlySpan<byte> path)
    {
        int count = 0;
        bool isOver = !path.StartsWith("/"u8);
        while (count < _segments.Length && !isOver && !_segments[count].IsTail
            && _segments[count].Fits(Decode(TakeSegment(ref path, out isOver))))
        {
            count++;
        }

        return count;
    }

    /// <summary>The parts that the pattern names, decoded, of a path that it fits.</summary>
    internal OrderedDictionary Read(ReadOnlySpan<byte> path)
    {
        OrderedDictionary values = new(StringComparer.OrdinalIgnoreCase);
        foreach (PathSegment segment in _segments)
        {
            if (segment.IsTail)
            {
                if (segment.Name is not null)
                {
                    values[segment.Name] = PercentText.Decode(path.IsEmpty ? path : path[1..]);
                }

                break;
            }

            ReadOnlySpan<byte> part = Decode(TakeSegment(ref path, out _));
            if (segment.Name is not null)
            {
                values[segment.Name] = segment.Read(part);
            }
        }

        return values;
    }

    public override string ToString() => Text;

    /// <summary>Takes the segment after the slash that the path starts with.</summary>
    internal static ReadOnlySpan<byte> TakeSegment(ref ReadOnlySpan<byte> path, out bool isLast)
    {
        int end = path[1..].IndexOf((byte)'/');
        isLast = end < 0;
        ReadOnlySpan<byte> segment = isLast ? path[1..] : path[1..(end + 1)];
        path = isLast ? default : path[(end + 1)..];
        return segment;
    }

    /// <summary>The segment, decoded. It is copied only if it is encoded.</summary>
    internal static ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> segment)
    {
        if (!segment.Contains((byte)'%'))
        {
            return segment;
        }

        byte[] decoded = new byte[segment.Length];
        return decoded.AsSpan(0, PercentText.Decode(segment, decoded));
    }

    private static NetLabException Invalid(string text, string problem)
        => new(FaultKind.InvalidRoute, $"The path '{text}' {problem}.") { Subject = text };
}

/// <summary>One segment of a pattern: text, or any text between a prefix and a suffix, or all segments that follow.</summary>
internal sealed class PathSegment
{
    private readonly byte[] _prefix;
    private readonly byte[] _suffix;

    private PathSegment(string prefix, string? name, string suffix, bool isLiteral, bool isTail)
    {
        _prefix = PercentText.Decode(prefix);
        _suffix = PercentText.Decode(suffix);
        Name = name;
        IsLiteral = isLiteral;
        IsTail = isTail;
    }

    internal string? Name { get; }

    internal bool IsLiteral { get; }

    internal bool IsTail { get; }

    /// <summary>The decoded text of a literal segment.</summary>
    internal ReadOnlySpan<byte> Literal => _prefix;

    /// <summary>How much of it is text, in bytes.</summary>
    internal int FixedLength => _prefix.Length + _suffix.Length;

    /// <summary>The less it takes, the more specific: text, then a part of a segment, then a segment, then everything.</summary>
    internal int Width => IsLiteral ? 0 : IsTail ? 3 : FixedLength > 0 ? 1 : 2;

    /// <summary>What is the same for segments that take the same texts.</summary>
    internal string Shape => IsLiteral ? $"={Encoding.Latin1.GetString(_prefix)}" : IsTail ? "**"
        : $"{Encoding.Latin1.GetString(_prefix)}/{Encoding.Latin1.GetString(_suffix)}";

    internal static PathSegment Literally(string text) => new(text, null, string.Empty, isLiteral: true, isTail: false);

    /// <summary>Null if the text is not a segment.</summary>
    internal static PathSegment? Parse(string text)
    {
        switch (text)
        {
            case "*":
                return new PathSegment(string.Empty, null, string.Empty, isLiteral: false, isTail: false);
            case "**":
                return new PathSegment(string.Empty, null, string.Empty, isLiteral: false, isTail: true);
        }

        int open = text.IndexOf('{', StringComparison.Ordinal);
        int close = text.IndexOf('}', StringComparison.Ordinal);
        if (open < 0 && close < 0)
        {
            return Literally(text);
        }

        if (open < 0 || close < open || text.LastIndexOf('{') != open || text.LastIndexOf('}') != close)
        {
            return null;
        }

        string name = text[(open + 1)..close];
        bool isTail = name.EndsWith('*');
        name = isTail ? name[..^1] : name;
        bool isName = name.Length > 0 && name.All(character => char.IsLetterOrDigit(character) || character is '_' or '-' or '.');
        return !isName || (isTail && text.Length != name.Length + 3)
            ? null
            : new PathSegment(text[..open], name, text[(close + 1)..], isLiteral: false, isTail);
    }

    /// <summary>Whether it takes this decoded segment. Any text means at least one character.</summary>
    internal bool Fits(ReadOnlySpan<byte> segment) => IsLiteral
        ? segment.SequenceEqual(_prefix)
        : segment.Length > FixedLength && segment.StartsWith(_prefix) && segment.EndsWith(_suffix);

    /// <summary>What stands for the name in a decoded segment that it takes.</summary>
    internal string Read(ReadOnlySpan<byte> segment) => HttpSyntax.ToText(segment[_prefix.Length..^_suffix.Length]);
}
