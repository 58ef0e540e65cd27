namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Enumerates the lines of header fields, which were checked before, in order.</summary>
internal ref struct FieldEnumerator
{
    private ReadOnlySpan<byte> _rest;

    /// <param name="lines">The lines, with or without the empty one that ends them.</param>
    internal FieldEnumerator(ReadOnlySpan<byte> lines)
    {
        _rest = lines;
        Name = Value = default;
    }

    /// <summary>The name as received.</summary>
    internal ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value without surrounding space.</summary>
    internal ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Moves to the next field; false if there is none.</summary>
    internal bool MoveNext()
    {
        int end = _rest.IndexOf("\r\n"u8);
        if (end <= 0)
        {
            return false;
        }

        ReadOnlySpan<byte> line = _rest[..end];
        _rest = _rest[(end + 2)..];
        int colon = line.IndexOf((byte)':');
        Name = line[..colon];
        int start = colon + 1;
        HttpSyntax.Trim(line, ref start, ref end);
        Value = line[start..end];
        return true;
    }
}
