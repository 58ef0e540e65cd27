using System.Collections.Concurrent;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The files a web site has sent, by the path in the request; bounded, and never older than what is on disk.</summary>
/// <param name="clock">What tells how old a file is.</param>
/// <param name="localDevice">The file system that answers without a network; null when there is none.</param>
internal sealed class FileCache(TimeProvider clock, ulong? localDevice)
{
    // What the system was asked for so recently, it has in memory.
    private const long MillisecondsWarm = 1000;

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
        internal long LookedAt;
    }

    /// <summary>The file under the path of a request, if it is what is on disk now.</summary>
    /// <param name="key">The path as it came.</param>
    /// <param name="onlyIfWarm">Whether not to look where the system might have to wait for a disk or a network.</param>
    internal WebFile? Find(ReadOnlySpan<byte> key, bool onlyIfWarm = false)
    {
        if (LookupEntry(key) is not { } entry)
        {
            return null;
        }

        WebFile file = entry.File;
        long now = Environment.TickCount64;
        if (onlyIfWarm && (now - entry.LookedAt > MillisecondsWarm || file.Stamp.Device != localDevice))
        {
            return null;
        }

        try
        {
            if (file.Path.Stat() != file.Stamp)
            {
                return null;
            }

            entry.LookedAt = now;
            return file;
        }
        catch (IOException)
        {
            return null; // whoever opens it now gets the same fault, and tells it
        }
    }

    /// <summary>The file under the path of a request, if it is what has just been opened.</summary>
    internal WebFile? Find(ReadOnlySpan<byte> key, FileStamp stamp)
    {
        if (LookupEntry(key) is not { } entry || entry.File.Stamp != stamp)
        {
            return null;
        }

        entry.LookedAt = Environment.TickCount64;
        return entry.File;
    }

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
            file.Grown += () => Weigh(hash, entry);
            Shrink();
        }

        return file;
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

    /// <summary>
    /// The file that was last sent for the path of a request; whether it still is what is on disk, the caller has to see.
    /// </summary>
    internal WebFile? Lookup(ReadOnlySpan<byte> key) => LookupEntry(key)?.File;

    private Entry? LookupEntry(ReadOnlySpan<byte> key)
    {
        if (!_entries.TryGetValue(Hash(key), out Entry? entry) || !key.SequenceEqual(entry.Key))
        {
            return null;
        }

        entry.WasUsed = true;
        return entry;
    }

    /// <summary>Weighs a file that has come to hold more.</summary>
    private void Weigh(int hash, Entry entry)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(hash, out Entry? current) && current == entry)
            {
                long weight = entry.Key.Length + entry.File.Weight;
                _bytes += weight - entry.Weight;
                entry.Weight = weight;
                Shrink();
            }
        }
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
