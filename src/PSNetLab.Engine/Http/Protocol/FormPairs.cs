namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Enumerates the pairs of a query or of a body of type application/x-www-form-urlencoded, still encoded.</summary>
internal ref struct FormPairs(ReadOnlySpan<byte> text)
{
    private ReadOnlySpan<byte> _rest = text;

    internal ReadOnlySpan<byte> Name { get; private set; }

    internal ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Moves to the next pair, past empty ones; false after the last.</summary>
    internal bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            int end = _rest.IndexOf((byte)'&');
            ReadOnlySpan<byte> pair = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[(end + 1)..];
            if (!pair.IsEmpty)
            {
                int equals = pair.IndexOf((byte)'=');
                Name = equals < 0 ? pair : pair[..equals];
                Value = equals < 0 ? default : pair[(equals + 1)..];
                return true;
            }
        }

        return false;
    }

    /// <summary>All pairs, decoded.</summary>
    internal static List<(string Name, string Value)> Read(ReadOnlySpan<byte> text)
    {
        List<(string, string)> read = [];
        FormPairs pairs = new(text);
        while (pairs.MoveNext())
        {
            read.Add((PercentText.Decode(pairs.Name, isForm: true), PercentText.Decode(pairs.Value, isForm: true)));
        }

        return read;
    }

    /// <summary>Adds all pairs, decoded.</summary>
    internal static void AddTo(NamedValues values, ReadOnlySpan<byte> text)
    {
        foreach ((string name, string value) in Read(text))
        {
            values.Add(name, value);
        }
    }
}
