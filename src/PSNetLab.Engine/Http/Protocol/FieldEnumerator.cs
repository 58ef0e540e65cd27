namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Enumerates header field lines that the parser has already validated.</summary>
internal ref struct FieldEnumerator
{
    private ReadOnlySpan<byte> _rest;

    /// <param name="lines">The lines, with or without the empty line after the last one.</param>
    internal FieldEnumerator(ReadOnlySpan<byte> lines)
    {
        _rest = lines;
        Name = Value = default;
    }

    /// <summary>The name as received.</summary>
    internal ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value on one line, without leading and trailing spaces and tabs.</summary>
    internal ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Moves to the next field; false after the last one.</summary>
    internal bool MoveNext()
    {
        int end = _rest.IndexOf("\r\n"u8);
        if (end <= 0)
        {
            return false;
        }

        for (int next = end + 2; next < _rest.Length && HttpSyntax.IsBlank(_rest[next]); next = end + 2)
        {
            end = next + _rest[next..].IndexOf("\r\n"u8);
        }

        ReadOnlySpan<byte> line = _rest[..end];
        _rest = _rest[(end + 2)..];
        int colon = line.IndexOf((byte)':');
        Name = line[..colon];
        int start = colon + 1;
        HttpSyntax.Trim(line, ref start, ref end);
        Value = HttpSyntax.Unfold(line[start..end]);
        return true;
    }
}
