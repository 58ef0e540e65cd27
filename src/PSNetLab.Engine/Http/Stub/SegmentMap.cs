using System.Diagnostics.CodeAnalysis;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Finds what belongs to the bytes of a segment, without making text of them.</summary>
internal sealed class SegmentMap<T>
    where T : class
{
    private readonly Dictionary<int, (byte[] Key, T Value)[]> _entries = [];

    internal bool TryFind(ReadOnlySpan<byte> key, [NotNullWhen(true)] out T? value)
    {
        value = null;
        if (_entries.TryGetValue(Hash(key), out (byte[] Key, T Value)[]? entries))
        {
            foreach ((byte[] known, T found) in entries)
            {
                if (key.SequenceEqual(known))
                {
                    value = found;
                    return true;
                }
            }
        }

        return false;
    }

    internal void Add(byte[] key, T value)
    {
        int hash = Hash(key);
        _entries[hash] = [.. _entries.GetValueOrDefault(hash) ?? [], (key, value)];
    }

    private static int Hash(ReadOnlySpan<byte> key)
    {
        HashCode hash = default;
        hash.AddBytes(key);
        return hash.ToHashCode();
    }
}
