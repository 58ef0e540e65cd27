using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Compresses files and checks compressed ones: each once for all who ask for it at the same time, and few at a time.</summary>
/// <param name="clock">The clock that file times are compared with.</param>
internal sealed class CompressionQueue(TimeProvider clock)
{
    /// <summary>The maximum number of files that are being compressed or wait for it.</summary>
    internal const int Most = 64;

    // Of the large ones, which take long.
    private const int MostLarge = 8;

    private const int LeastBytesLarge = 1024 * 1024;

    // While a large file keeps changing, a compressed copy is out of date as soon as it is made.
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(10);

    private static readonly Task<FileForm?> s_none = Task.FromResult<FileForm?>(null);

    // Large files have workers of their own, so that nobody who wants a small one waits behind them.
    private readonly SharedWork<(string Path, FileStamp Stamp, string ETag, ContentCoding Coding), FileForm?> _works = new(Most);
    private readonly SharedWork<(string Path, FileStamp Stamp, string ETag, ContentCoding Coding), FileForm?> _largeWorks
        = new(MostLarge);

    private readonly SharedWork<(string Path, FileStamp Stamp, FileStamp Of), FileForm?> _checks = new(Most);
    private readonly SharedWork<(string Path, FileStamp Stamp, FileStamp Of), FileForm?> _largeChecks = new(Most, workers: 1);
    private volatile bool _isClosed;
    private readonly Dictionary<string, (FileStamp Stamp, long Since)> _changing = new(WebRoot.PathComparer);

    /// <summary>Compresses a file, or waits until another request has done so.</summary>
    /// <returns>See <see cref="WebFile.Compress"/>. Also null if too many files wait, or if the file keeps changing.</returns>
    internal Task<FileForm?> MakeAsync(WebFile file, ContentCoding coding)
    {
        // The tag of a file in memory is a hash of its content, so equal keys mean equal content. A large file is read later.
        bool mayChange = !file.Plain.IsInMemory && file.Stamp.MayChangeUnnoticed(clock);
        if (mayChange && IsChanging(file))
        {
            return s_none;
        }

        string etag = Encoding.Latin1.GetString(file.Plain.ETag);
        var works = file.Stamp.Length < LeastBytesLarge ? _works : _largeWorks;
        return works.DoAsync((file.Path.Text, file.Stamp, etag, coding), _ => file.Compress(coding), afresh: mayChange) ?? s_none;
    }

    /// <summary>Checks a file that was compressed beforehand, or waits until another request has done so.</summary>
    /// <param name="file">The file.</param>
    /// <param name="coding">How the other one is compressed.</param>
    /// <param name="sibling">The compressed file.</param>
    /// <param name="stamp">Its current stamp.</param>
    /// <param name="isLong">Whether the check takes so long that nobody waits for it.</param>
    /// <returns>See <see cref="WebFile.Check"/>. Also null if too many files wait.</returns>
    internal Task<FileForm?> CheckAsync(WebFile file, ContentCoding coding, FilePath sibling, FileStamp stamp, bool isLong)
        => (isLong ? _largeChecks : _checks).DoAsync(
            (sibling.Text, stamp, file.Stamp),
            isWanted => file.Check(coding, stamp, isWanted),
            afresh: false,
            hasLeft: () => _isClosed) ?? s_none;

    /// <summary>Ends the checks that are under way.</summary>
    internal void Close() => _isClosed = true;

    /// <summary>
    /// Whether the file has changed since it was last compressed, or too many files have changed recently to keep track of them.
    /// </summary>
    private bool IsChanging(WebFile file)
    {
        string path = file.Path.Text;
        long now = clock.GetTimestamp();
        lock (_changing)
        {
            if (_changing.TryGetValue(path, out (FileStamp Stamp, long Since) before) && clock.GetElapsedTime(before.Since, now) < s_rest)
            {
                return before.Stamp != file.Stamp;
            }

            if (_changing.Count >= Most)
            {
                foreach ((string old, (_, long since)) in _changing)
                {
                    if (clock.GetElapsedTime(since, now) >= s_rest)
                    {
                        _changing.Remove(old);
                    }
                }
            }

            if (_changing.Count >= Most)
            {
                return true;
            }

            _changing[path] = (file.Stamp, now);
            return false;
        }
    }
}
