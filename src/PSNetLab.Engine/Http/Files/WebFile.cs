using System.Buffers;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Files;

/// <summary>A version of a file with the forms it can be sent in. Valid while the file has the same stamp.</summary>
internal sealed partial class WebFile : IDisposable
{
    /// <summary>Files up to this many bytes are kept in memory and sent together with their head.</summary>
    internal const int MostBytesKept = 64 * 1024;

    // A smaller file fits into one packet anyway; a larger one takes too long to compress.
    private const int LeastBytesCompressed = 1024;
    private const int MostBytesCompressed = 8 * 1024 * 1024;

    private readonly StaticSiteOptions _options;
    private readonly WebRoot _root;
    private readonly SiteFields _fields;
    private readonly CompressionQueue _compressions;
    private readonly string _mediaType;
    private readonly bool _isCompressible;

    // Of the file as it is on disk; null for most files.
    private readonly string? _coding;
    private readonly Coded _gzip;
    private readonly Coded _brotli;

    /// <param name="options">The options of the site.</param>
    /// <param name="root">The folder of the site.</param>
    /// <param name="fields">Makes the fields of its responses.</param>
    /// <param name="compressions">Compresses it.</param>
    /// <param name="path">The file.</param>
    /// <param name="handle">The open file.</param>
    /// <param name="stamp">Its current stamp.</param>
    internal WebFile(
        StaticSiteOptions options,
        WebRoot root,
        SiteFields fields,
        CompressionQueue compressions,
        FilePath path,
        SafeFileHandle handle,
        FileStamp stamp)
    {
        _options = options;
        _root = root;
        _fields = fields;
        _compressions = compressions;
        Path = path;
        Stamp = stamp;
        _gzip = new Coded(path, ".gz");
        _brotli = new Coded(path, ".br");
        byte[]? content = Kept(handle, stamp);
        _coding = options.Codings.Find(path.Text);
        MediaType type = _coding is null ? options.MediaTypes.Find(path.Text) : NamedCodings.TypeInside(options.MediaTypes, path.Text);
        _mediaType = type.Name;
        if (_coding == NamedCodings.Gzip && !GzipHeader.IsAtStartOf(handle))
        {
            _coding = null;
        }

        if (type.TakesCharset && _coding is null)
        {
            _mediaType = type.With(Charset(handle, stamp.Length, content, type.IsXml));
        }

        _isCompressible = !options.NoCompression && _coding is null && MediaTypes.IsCompressible(_mediaType);
        Plain = NewForm(path, stamp, content, ContentCoding.Identity);
    }

    /// <summary>Raised when another form is kept.</summary>
    internal event Action? Grown;

    internal FilePath Path { get; }

    internal FileStamp Stamp { get; }

    /// <summary>The file as it is on disk.</summary>
    internal FileForm Plain { get; }

    /// <summary>The memory it takes, in bytes.</summary>
    internal long Weight => 2048 + Forms.Sum(form => (long)form.Content.Bytes.Length);

    private IEnumerable<FileForm> Forms
        => new[] { Plain, _gzip.Checked?.Form, _gzip.Made, _brotli.Checked?.Form, _brotli.Made }.OfType<FileForm>().Distinct();

    /// <summary>The form that suits the client; null if <see cref="MakeAsync"/> has to make it first.</summary>
    internal FileForm? TryChoose(ReadOnlySpan<byte> acceptEncoding)
    {
        ContentCoding coding = Coding(acceptEncoding);
        if (coding == ContentCoding.Identity)
        {
            return Plain;
        }

        Coded coded = Of(coding);
        FileStamp sibling = coded.SiblingPath.Stat();
        if (!MayMatch(coded, sibling))
        {
            return coded.Made;
        }

        return coded.Checked is { } known && known.Stamp == sibling ? known.Form : null;
    }

    /// <summary>The form that suits the client. It is compressed now if necessary, once for all who wait for it.</summary>
    internal async ValueTask<FileForm> MakeAsync(byte[] acceptEncoding)
    {
        if (TryChoose(acceptEncoding) is { } ready)
        {
            return ready;
        }

        ContentCoding coding = Coding(acceptEncoding);
        Coded coded = Of(coding);
        if (coded.SiblingPath.Stat() is var sibling && MayMatch(coded, sibling))
        {
            bool isLong = Math.Max(Stamp.Length, sibling.Length) > MostBytesCompressed;
            Task<FileForm?> check = _compressions.CheckAsync(this, coding, coded.SiblingPath, sibling, isLong);
            if (isLong && !check.IsCompleted)
            {
                return Plain;
            }

            if (await check.ConfigureAwait(false) is { } form)
            {
                return form;
            }
        }

        FileForm? made = IsWorthCompressing ? await _compressions.MakeAsync(this, coding).ConfigureAwait(false) : null;
        return made is null ? Plain : Keep(coded, made);
    }

    /// <summary>Checks the .gz or .br file of a coding now, and keeps the outcome.</summary>
    /// <returns>The form that it has; null if it is not sent, because it does not match this file or is just changing.</returns>
    internal FileForm? Check(ContentCoding coding, FileStamp sibling, Func<bool> isWanted)
    {
        Coded coded = Of(coding);
        using SafeFileHandle? packed = _root.Open(coded.SiblingPath, sibling);
        using SafeFileHandle? plain = packed is null ? null : _root.Open(Path, Stamp);
        FileForm? form = null;
        if (packed is not null && plain is not null)
        {
            byte[]? content = Kept(packed, sibling);
            bool matches = Precompressed.Matches(packed, plain, coding, isWanted);
            if (!isWanted() || Path.Stat() != Stamp || coded.SiblingPath.Stat() != sibling)
            {
                return null;
            }

            form = matches ? NewForm(coded.SiblingPath, sibling, content, coding) : null;
        }

        coded.Checked = new CheckedSibling(sibling, form);
        Grown?.Invoke();
        return form;
    }

    /// <summary>Compresses the file now and keeps the outcome.</summary>
    /// <returns>The compressed form, or the file as it is if that does not get smaller; null if it has changed.</returns>
    internal FileForm? Compress(ContentCoding coding)
    {
        ReadOnlyMemory<byte> source = Plain.Content.Bytes;
        if (!Plain.IsInMemory)
        {
            using SafeFileHandle? handle = _root.Open(Path, Stamp);
            source = handle is null ? default : Read(handle, Stamp.Length);
        }

        if (source.Length < Stamp.Length)
        {
            return null;
        }

        byte[]? compressed = Compression.Compress(source.Span, coding);
        return Keep(Of(coding), compressed is null ? Plain : NewForm(Path, Stamp, compressed, coding));
    }

    /// <summary>Call this when it is not being sent any more.</summary>
    public void Dispose()
    {
        foreach (FileForm form in Forms)
        {
            form.Dispose();
        }
    }

    private bool IsWorthCompressing => Stamp.Length is >= LeastBytesCompressed and <= MostBytesCompressed;

    private ContentCoding Coding(ReadOnlySpan<byte> acceptEncoding)
    {
        if (!_isCompressible || acceptEncoding.IsEmpty)
        {
            return ContentCoding.Identity;
        }

        ContentCoding available = ContentCoding.Identity | ContentCoding.Gzip | ContentCoding.Brotli;
        if (!IsWorthCompressing)
        {
            available = ContentCoding.Identity
                | (MayMatch(_gzip, _gzip.SiblingPath.Stat()) ? ContentCoding.Gzip : 0)
                | (MayMatch(_brotli, _brotli.SiblingPath.Stat()) ? ContentCoding.Brotli : 0);
        }

        return AcceptEncoding.Choose(acceptEncoding, available);
    }

    private Coded Of(ContentCoding coding) => coding == ContentCoding.Gzip ? _gzip : _brotli;

    /// <summary>
    /// Whether a .gz or .br file exists, is not older than this file, and was not found to differ from it. One that was just written
    /// does not count: it may not be complete.
    /// </summary>
    private bool MayMatch(Coded coded, FileStamp sibling)
        => sibling.Kind == FileKind.File && sibling.Modified >= Stamp.Modified
        && !sibling.MayChangeUnnoticed(_options.Clock) && !Stamp.MayChangeUnnoticed(_options.Clock)
        && (coded.Checked is not { Form: null } differs || differs.Stamp != sibling);

    /// <returns>The form that is kept: another request may have been faster.</returns>
    private FileForm Keep(Coded coded, FileForm made)
    {
        if (Interlocked.CompareExchange(ref coded.Made, made, null) is { } before)
        {
            return before;
        }

        Grown?.Invoke();
        return made;
    }

    private static string? Charset(SafeFileHandle handle, long length, byte[]? content, bool isXml)
    {
        if (content is not null)
        {
            return TextCharset.Find(content, isWhole: content.Length == length, isXml);
        }

        // Of a file that keeps growing, such as a log, every request gets another version.
        byte[] rented = ArrayPool<byte>.Shared.Rent(TextCharset.MostBytes);
        int count = FileBytes.Fill(handle, rented.AsSpan(0, (int)Math.Min(length, TextCharset.MostBytes)), 0);
        string? charset = TextCharset.Find(rented.AsSpan(0, count), count == length, isXml);
        ArrayPool<byte>.Shared.Return(rented);
        return charset;
    }

    private static byte[]? Kept(SafeFileHandle handle, FileStamp stamp)
        => stamp.Length <= MostBytesKept ? Read(handle, stamp.Length) : null;

    private static byte[] Read(SafeFileHandle handle, long length)
    {
        byte[] content = GC.AllocateUninitializedArray<byte>((int)length);
        int count = FileBytes.Fill(handle, content, 0);
        return count == content.Length ? content : content[..count];
    }

    /// <param name="Stamp">The stamp of a .gz or .br file.</param>
    /// <param name="Form">The form that it has; null if it does not match the file.</param>
    private sealed record CheckedSibling(FileStamp Stamp, FileForm? Form);

    /// <summary>The compressed forms of the file in one coding.</summary>
    private sealed class Coded(FilePath file, string suffix)
    {
        /// <summary>The form made here, or the file as it is if that does not get smaller; null if nobody has asked for it.</summary>
        internal FileForm? Made;

        private FilePath? _siblingPath;

        /// <summary>The .gz or .br file that was last checked.</summary>
        internal volatile CheckedSibling? Checked;

        internal FilePath SiblingPath => _siblingPath ??= new FilePath(file.Text + suffix);
    }
}
