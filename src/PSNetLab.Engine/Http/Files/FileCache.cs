using System.Collections.Concurrent;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The files a web site has sent; bounded, and never older than what is on disk.</summary>
/// <remarks>
/// A file is kept once, with its compressed forms, and is found under every spelling of its path in a request: /a, //a, /%61.
/// </remarks>
/// <param name="clock">The clock that file times are compared with.</param>
/// <param name="localDevice">The device number of the served folder if it is on a local disk; otherwise null.</param>
internal sealed class FileCache(TimeProvider clock, ulong? localDevice)
{
    // The system still caches what it was asked for within this time.
    private const long MillisecondsWarm = 1000;

    private const long MostBytes = 64 * 1024 * 1024;

    private readonly ConcurrentDictionary<int, Name> _names = new();
    private readonly Dictionary<string, Entry> _files = new(WebRoot.PathComparer);
    private readonly object _gate = new();
    private long _bytes;

    private sealed class Entry(WebFile file)
    {
        internal long Weight = file.Weight;
        internal bool WasUsed;
        internal long LookedAt;

        /// <summary>Null once the cache has dropped it.</summary>
        internal volatile WebFile? File = file;
    }

    /// <summary>One spelling of a path.</summary>
    private sealed class Name(byte[] key, Entry entry)
    {
        internal readonly byte[] Key = key;
        internal readonly Entry Entry = entry;
        internal bool WasUsed;

        // The objects around the key take about 256 bytes.
        internal long Weight => Key.Length + 256;
    }

    /// <summary>The cached file for the path of a request, if it has not changed on disk; otherwise null.</summary>
    /// <param name="key">The path as received.</param>
    /// <param name="onlyIfWarm">Whether to return null rather than risk waiting for a disk or a network.</param>
    internal WebFile? Find(ReadOnlySpan<byte> key, bool onlyIfWarm = false)
    {
        if (LookupEntry(key) is not { File: { } file } entry)
        {
            return null;
        }

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
            return null; // opening the file fails in the same way, and that is reported
        }
    }

    /// <summary>The cached file for one that was just opened, under any spelling; null if there is none or it has changed.</summary>
    /// <param name="key">The path of the request; null when the next request for it may mean another file.</param>
    /// <param name="path">The file.</param>
    /// <param name="stamp">Its current stamp.</param>
    internal WebFile? Find(byte[]? key, FilePath path, FileStamp stamp)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(path.Text, out Entry? entry) || entry.File is not { } file || file.Stamp != stamp)
            {
                return null;
            }

            entry.WasUsed = true;
            entry.LookedAt = Environment.TickCount64;
            AddName(key, entry);
            return file;
        }
    }

    /// <summary>Caches a file.</summary>
    /// <param name="key">The path of the request; null when the next request for it may mean another file.</param>
    /// <param name="file">The file.</param>
    /// <returns>The file, or the same one that another request added first, so that both share its compressed forms.</returns>
    internal WebFile Add(byte[]? key, WebFile file)
    {
        // Another change within the same tick of the file system's clock would go unnoticed.
        if (file.Stamp.MayChangeUnnoticed(clock))
        {
            return file;
        }

        lock (_gate)
        {
            if (_files.TryGetValue(file.Path.Text, out Entry? entry) && entry.File is { } before && before.Stamp == file.Stamp)
            {
                file = before;
            }
            else
            {
                if (entry is not null)
                {
                    Drop(file.Path.Text, entry);
                }

                Entry added = entry = new Entry(file);
                _files[file.Path.Text] = entry;
                _bytes += entry.Weight;
                file.Grown += () => Weigh(added);
            }

            AddName(key, entry);
            return file;
        }
    }

    /// <summary>Empties the cache and releases its memory files. Call this when nothing is being sent any more.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            foreach (Entry entry in _files.Values)
            {
                entry.File!.Dispose();
                entry.File = null;
            }

            _files.Clear();
            _names.Clear();
            _bytes = 0;
        }
    }

    /// <summary>
    /// The cached file for the path of a request, or null. It may be out of date: the caller has to check.
    /// </summary>
    internal WebFile? Lookup(ReadOnlySpan<byte> key) => LookupEntry(key)?.File;

    private Entry? LookupEntry(ReadOnlySpan<byte> key)
    {
        if (!_names.TryGetValue(Hash(key), out Name? name) || !key.SequenceEqual(name.Key))
        {
            return null;
        }

        name.WasUsed = true;
        name.Entry.WasUsed = true;
        return name.Entry;
    }

    /// <summary>Updates the weight of a file that now holds another form.</summary>
    private void Weigh(Entry entry)
    {
        lock (_gate)
        {
            if (entry.File is { } file)
            {
                long weight = file.Weight;
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

    private void AddName(byte[]? key, Entry entry)
    {
        if (key is not null && LookupEntry(key) != entry)
        {
            int hash = Hash(key);
            if (_names.TryGetValue(hash, out Name? before))
            {
                _bytes -= before.Weight;
            }

            Name name = new(key, entry);
            _names[hash] = name;
            _bytes += name.Weight;
        }

        Shrink();
    }

    private void Drop(string path, Entry entry)
    {
        _files.Remove(path);
        _bytes -= entry.Weight;
        entry.File = null; // Shrink drops its names
    }

    /// <summary>If the cache is too large, drops what was not used since the last time, then anything, until half of it is free.</summary>
    private void Shrink()
    {
        for (int round = 0; round < 2 && _bytes > MostBytes; round++)
        {
            foreach ((string path, Entry entry) in _files)
            {
                if (_bytes > MostBytes / 2 && !entry.WasUsed)
                {
                    Drop(path, entry);
                }

                entry.WasUsed = false;
            }

            foreach ((int hash, Name name) in _names)
            {
                if (name.Entry.File is null || (_bytes > MostBytes / 2 && !name.WasUsed))
                {
                    _bytes -= name.Weight;
                    _names.TryRemove(hash, out _);
                }

                name.WasUsed = false;
            }
        }
    }
}
