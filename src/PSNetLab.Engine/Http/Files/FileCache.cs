using System.Collections.Concurrent;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The files a web site has sent, by the path in the request; bounded, and never older than what is on disk.</summary>
/// <param name="clock">What tells how old a file is.</param>
internal sealed class FileCache(TimeProvider clock)
{
    private const long MostBytes = 64 * 1024 * 1024;

    private readonly ConcurrentDictionary<int, Entry> _entries = new();
    private readonly object _gate = new();
    private long _bytes;

    private sealed class Entry(byte[] key, WebFile file)
    {
        internal readonly byte[] Key = key;
        internal readonly WebFile File = file;
        internal long Weight = key.Length + file.Weight;
        internal bool WasUsed;
    }

    /// <summary>The file under the path of a request, if it is what is on disk now.</summary>
    internal WebFile? Find(ReadOnlySpan<byte> key)
    {
        try
        {
            return Lookup(key) is { } file && file.Path.Stat() == file.Stamp ? file : null;
        }
        catch (IOException)
        {
            return null; // whoever opens it now gets the same fault, and tells it
        }
    }

    /// <summary>The file under the path of a request, if it is what has just been opened.</summary>
    internal WebFile? Find(ReadOnlySpan<byte> key, FileStamp stamp) => Lookup(key) is { } file && file.Stamp == stamp ? file : null;

    /// <summary>Keeps a file for the next request with the same path.</summary>
    /// <returns>The file, or the same one that another request has added meanwhile: both are to share what is made of it.</returns>
    internal WebFile Add(byte[] key, WebFile file)
    {
        // Another change within the same tick of the file system's clock could not be seen.
        if (file.Stamp.MayChangeUnnoticed(clock))
        {
            return file;
        }

        lock (_gate)
        {
            int hash = Hash(key);
            if (_entries.TryGetValue(hash, out Entry? before))
            {
                if (before.File.Stamp == file.Stamp && key.AsSpan().SequenceEqual(before.Key))
                {
                    return before.File;
                }

                _bytes -= before.Weight;
            }

            Entry entry = new(key, file);
            _entries[hash] = entry;
            _bytes += entry.Weight;
            Shrink();
        }

        return file;
    }

    /// <summary>Says that a file has come to hold more.</summary>
    internal void Grow(WebFile file)
    {
        lock (_gate)
        {
            foreach (Entry entry in _entries.Values)
            {
                if (entry.File == file)
                {
                    long weight = entry.Key.Length + file.Weight;
                    _bytes += weight - entry.Weight;
                    entry.Weight = weight;
                }
            }

            Shrink();
        }
    }

    /// <summary>Forgets all files, when nobody sends them any more.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            foreach (Entry entry in _entries.Values)
            {
                entry.File.Dispose();
            }

            _entries.Clear();
            _bytes = 0;
        }
    }

    /// <summary>The file that was last sent for the path of a request; whether it still is what is on disk, the caller has to see.</summary>
    internal WebFile? Lookup(ReadOnlySpan<byte> key)
    {
        if (!_entries.TryGetValue(Hash(key), out Entry? entry) || !key.SequenceEqual(entry.Key))
        {
            return null;
        }

        entry.WasUsed = true;
        return entry.File;
    }

    private static int Hash(ReadOnlySpan<byte> key)
    {
        HashCode hash = default;
        hash.AddBytes(key);
        return hash.ToHashCode();
    }

    /// <summary>Drops what was not used since the last time, then anything, until half of the room is free.</summary>
    private void Shrink()
    {
        for (int round = 0; round < 2 && _bytes > MostBytes; round++)
        {
            foreach ((int hash, Entry entry) in _entries)
            {
                if (_bytes > MostBytes / 2 && !entry.WasUsed && _entries.TryRemove(hash, out _))
                {
                    _bytes -= entry.Weight;
                }

                entry.WasUsed = false;
            }
        }
    }
}
