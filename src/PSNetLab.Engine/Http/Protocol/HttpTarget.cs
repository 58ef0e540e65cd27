using System.Text;
using System.Text.Unicode;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The four forms of a request target (RFC 9112, section 3.2).</summary>
internal enum TargetForm
{
    /// <summary>A path, with or without a query.</summary>
    Origin,

    /// <summary>An http or https URI.</summary>
    Absolute,

    /// <summary>Host and port, for CONNECT.</summary>
    Authority,

    /// <summary>A single asterisk, for OPTIONS.</summary>
    Asterisk,

    /// <summary>None of the four.</summary>
    Invalid,
}

/// <summary>Why the path of a target cannot be decoded.</summary>
internal enum PathFault
{
    /// <summary>It can be decoded.</summary>
    None,

    /// <summary>A percent sign without two hexadecimal digits.</summary>
    BadEscape,

    /// <summary>The decoded bytes are not UTF-8. If all of those are escaped, the path is there, as <see cref="ByteText"/>.</summary>
    BadUtf8,

    /// <summary>A control character, encoded or not, or a space or '#' that should have been encoded.</summary>
    ForbiddenCharacter,

    /// <summary>%2F: a slash inside a name, which no file name can contain.</summary>
    EncodedSlash,

    /// <summary>More '..' than there are segments to go up.</summary>
    AboveRoot,
}

/// <summary>Parses request targets.</summary>
internal static class HttpTarget
{
    private const int StackBytes = 512;

    /// <summary>
    /// Finds the form of a target and decodes its path: unescapes it once, then removes dot segments (RFC 3986, section
    /// 5.2.4), including those that were escaped.
    /// </summary>
    /// <param name="target">The target as received.</param>
    /// <param name="path">The decoded path of an origin or absolute form, such as "/a b/c/". It starts with a slash. Empty for
    /// other forms, and after a fault.</param>
    /// <param name="rawPath">Where that path is in the target, without the query.</param>
    /// <param name="fault">Why the path of an origin or absolute form could not be decoded.</param>
    internal static TargetForm TryDecode(ReadOnlySpan<byte> target, out string path, out Range rawPath, out PathFault fault)
    {
        path = string.Empty;
        rawPath = default;
        fault = PathFault.None;
        TargetForm form = FindForm(target, out int pathStart);
        if (form is not (TargetForm.Origin or TargetForm.Absolute))
        {
            return form;
        }

        if (target.ContainsAny(HttpSyntax.NotInTarget) || target.Contains((byte)'#'))
        {
            fault = PathFault.ForbiddenCharacter;
            return form;
        }

        int pathLength = target[pathStart..].IndexOf((byte)'?');
        int pathEnd = pathLength < 0 ? target.Length : pathStart + pathLength;
        rawPath = pathStart..pathEnd;
        ReadOnlySpan<byte> raw = target[rawPath];
        if (raw.IsEmpty)
        {
            // Only the absolute form can have an empty path, and there it means the root (RFC 9110, section 4.2.3).
            path = "/";
        }
        else if (!raw.Contains((byte)'%') && raw.IndexOf("/."u8) < 0 && Ascii.IsValid(raw))
        {
            path = Encoding.ASCII.GetString(raw);
        }
        else
        {
            fault = Decode(raw, out path);
        }

        return form;
    }

    /// <summary>The path of a target as received, without the query: "/" if there is none, and other forms as they are.</summary>
    internal static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> target)
    {
        if (FindForm(target, out int start) is not (TargetForm.Origin or TargetForm.Absolute))
        {
            return target;
        }

        ReadOnlySpan<byte> path = target[start..];
        path = path.IndexOf((byte)'?') is >= 0 and int end ? path[..end] : path;
        return path.IsEmpty ? "/"u8 : path;
    }

    /// <summary>The target as an origin server gets it: the path with its query; of forms that have no path the whole target.</summary>
    internal static ReadOnlySpan<byte> OriginForm(ReadOnlySpan<byte> target)
        => FindForm(target, out int start) is TargetForm.Origin or TargetForm.Absolute ? target[start..] : target;

    private static TargetForm FindForm(ReadOnlySpan<byte> target, out int pathStart)
    {
        pathStart = 0;
        if (target.StartsWith("/"u8))
        {
            return TargetForm.Origin;
        }

        if (target.SequenceEqual("*"u8))
        {
            return TargetForm.Asterisk;
        }

        int schemeLength = StartsWithIgnoreCase(target, "http://"u8) ? 7 : StartsWithIgnoreCase(target, "https://"u8) ? 8 : 0;
        ReadOnlySpan<byte> rest = target[schemeLength..];
        int authorityLength = rest.IndexOfAny((byte)'/', (byte)'?');
        ReadOnlySpan<byte> authority = authorityLength < 0 ? rest : rest[..authorityLength];
        if (authority.IsEmpty || authority[0] == ':' || !HttpSyntax.IsAuthority(authority))
        {
            return TargetForm.Invalid;
        }

        pathStart = schemeLength + authority.Length;
        return schemeLength > 0 ? TargetForm.Absolute
            : authorityLength < 0 && char.IsAsciiDigit((char)target[^1]) && target.Contains((byte)':') ? TargetForm.Authority
            : TargetForm.Invalid;
    }

    private static bool StartsWithIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> start)
        => text.Length >= start.Length && Ascii.EqualsIgnoreCase(text[..start.Length], start);

    private static PathFault Decode(ReadOnlySpan<byte> raw, out string path)
    {
        path = string.Empty;
        Span<byte> decoded = raw.Length <= StackBytes ? stackalloc byte[StackBytes] : new byte[raw.Length];
        PathFault fault = Unescape(raw, decoded, out int length);
        if (fault != PathFault.None)
        {
            return fault;
        }

        if (!TryRemoveDotSegments(decoded, ref length))
        {
            return PathFault.AboveRoot;
        }

        if (!Utf8.IsValid(raw))
        {
            return PathFault.BadUtf8;
        }

        string text = ByteText.Decode(decoded[..length]);
        if (text.AsSpan().ContainsAnyInRange('\u0080', '\u009F'))
        {
            return PathFault.ForbiddenCharacter;
        }

        path = text;
        return ByteText.HasBytes(text) ? PathFault.BadUtf8 : PathFault.None;
    }

    private static PathFault Unescape(ReadOnlySpan<byte> raw, Span<byte> decoded, out int length)
    {
        length = 0;
        while (true)
        {
            int plain = raw.IndexOf((byte)'%');
            ReadOnlySpan<byte> copied = plain < 0 ? raw : raw[..plain];
            copied.CopyTo(decoded[length..]);
            length += copied.Length;
            if (plain < 0)
            {
                return PathFault.None;
            }

            raw = raw[(plain + 1)..];
            if (!HttpSyntax.TryReadHex(raw, out byte value))
            {
                return PathFault.BadEscape;
            }

            if (value == '/')
            {
                return PathFault.EncodedSlash;
            }

            if (value is < 0x20 or 0x7F)
            {
                return PathFault.ForbiddenCharacter;
            }

            decoded[length++] = value;
            raw = raw[2..];
        }
    }

    // Works in place, because the result is never longer.
    private static bool TryRemoveDotSegments(Span<byte> path, ref int length)
    {
        int written = 0;
        int start = 0;
        while (start < length)
        {
            int next = path[(start + 1)..length].IndexOf((byte)'/');
            int end = next < 0 ? length : start + 1 + next;
            ReadOnlySpan<byte> segment = path[(start + 1)..end];
            bool isParent = segment.SequenceEqual(".."u8);
            if (isParent && written == 0)
            {
                return false;
            }

            if (isParent)
            {
                written = path[..written].LastIndexOf((byte)'/');
            }
            else if (!segment.SequenceEqual("."u8))
            {
                path[start..end].CopyTo(path[written..]);
                written += end - start;
            }

            // A dot segment at the end leaves a slash.
            if (end == length && (isParent || segment.SequenceEqual("."u8)))
            {
                path[written++] = (byte)'/';
            }

            start = end;
        }

        length = written;
        return true;
    }
}
