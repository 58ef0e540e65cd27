using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Formats access log lines into a buffer that grows.</summary>
internal sealed class AccessLogLines
{
    private const int FirstCapacity = 16 * 1024;

    // "[10/Oct/2000:13:55:36 -0700] "
    private const int StampLength = 29;

    // Everything else is escaped: a client must not be able to end a quoted field or a line, or to control a terminal (CWE-117).
    private static readonly SearchValues<char> s_quotable = SearchValues.Create(Printable('"', '\\'));
    private static readonly SearchValues<char> s_bare = SearchValues.Create(Printable('"', '\\', ' '));

    private readonly byte[] _stamp = new byte[StampLength];
    private long _stampSecond = -1;
    private TimeSpan _stampOffset;
    private byte[] _bytes = new byte[FirstCapacity];

    internal int Length { get; private set; }

    internal ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    internal void Clear() => Length = 0;

    /// <summary>Frees the memory of a burst.</summary>
    internal void Trim()
    {
        Clear();
        if (_bytes.Length > FirstCapacity)
        {
            _bytes = new byte[FirstCapacity];
        }
    }

    /// <summary>Removes lines from the end, down to this many bytes.</summary>
    internal void Truncate(int length) => Length = length;

    /// <summary>Adds the line of a request. Empty values appear as "-".</summary>
    internal void Add(HttpRequestRecord record, bool isCombined)
    {
        ReadOnlySpan<byte> line = record.Line;
        int methodLength = Math.Max(line.IndexOf((byte)' '), 0);
        int versionStart = line.LastIndexOf((byte)' ') + 1;
        using WidenedText text = new(line);
        AddCommon(
            record.RemoteEndPoint.Address,
            record.User,
            record.Time,
            text.Characters[..methodLength],
            text.Characters[Math.Min(methodLength + 1, versionStart)..Math.Max(versionStart - 1, 0)],
            text.Characters[versionStart..],
            record.Status,
            record.BytesSent);
        if (isCombined)
        {
            using WidenedText referer = new(record.Field("Referer"u8));
            AddQuoted(referer.Characters);
            using WidenedText userAgent = new(record.Field("User-Agent"u8));
            AddQuoted(userAgent.Characters);
        }

        EndLine();
    }

    internal void AddCommon(
        IPAddress remote,
        ReadOnlySpan<char> user,
        DateTimeOffset time,
        ReadOnlySpan<char> method,
        ReadOnlySpan<char> target,
        ReadOnlySpan<char> version,
        int status,
        long bytes)
    {
        Add(Addresses.OfSocket(remote));
        Add(" - "u8);
        Add(user, s_bare);
        Add(" "u8);
        AddStamp(time);
        Add("\""u8);
        Add(method, s_quotable);
        // There is no method if the head was malformed; then the request line is just "-".
        if (!method.IsEmpty)
        {
            Add(" "u8);
            Add(target, s_quotable);
            Add(" "u8);
            Add(version, s_quotable);
        }

        Add("\" "u8);
        Add(status);
        Add(" "u8);
        Add(bytes);
    }

    internal void AddQuoted(ReadOnlySpan<char> text)
    {
        Add(" \""u8);
        Add(text, s_quotable);
        Add("\""u8);
    }

    internal void EndLine() => Add("\n"u8);

    private static string Printable(params char[] except)
        => string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Except(except));

    private void AddStamp(DateTimeOffset time)
    {
        long second = time.Ticks / TimeSpan.TicksPerSecond;
        if (second != _stampSecond || time.Offset != _stampOffset)
        {
            time.TryFormat(_stamp, out int length, "[dd/MMM/yyyy:HH:mm:ss ", CultureInfo.InvariantCulture);
            _stamp[length++] = (byte)(time.Offset < TimeSpan.Zero ? '-' : '+');
            time.Offset.TryFormat(_stamp.AsSpan(length), out int offsetLength, "hhmm", CultureInfo.InvariantCulture);
            "] "u8.CopyTo(_stamp.AsSpan(length + offsetLength));
            _stampSecond = second;
            _stampOffset = time.Offset;
        }

        Add(_stamp);
    }

    private void Add<T>(T value)
        where T : IUtf8SpanFormattable
    {
        const int MostDigits = 64;
        value.TryFormat(Room(MostDigits), out int length, default, CultureInfo.InvariantCulture);
        Length += length;
    }

    private void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        Length += text.Length;
    }

    private void Add(ReadOnlySpan<char> text, SearchValues<char> plain)
    {
        if (text.IsEmpty)
        {
            Add("-"u8);
        }

        while (!text.IsEmpty)
        {
            int run = text.IndexOfAnyExcept(plain);
            run = run < 0 ? text.Length : run;
            Encoding.ASCII.GetBytes(text[..run], Room(run));
            Length += run;
            text = text[run..];
            if (!text.IsEmpty)
            {
                Rune.DecodeFromUtf16(text, out Rune rune, out int consumed);
                AddEscaped(rune);
                text = text[consumed..];
            }
        }
    }

    private void AddEscaped(Rune rune)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
        {
            Add("\\x"u8);
            value.TryFormat(Room(2), out int length, "X2", CultureInfo.InvariantCulture);
            Length += length;
        }
    }

    private Span<byte> Room(int length)
    {
        if (_bytes.Length - Length < length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + length));
        }

        return _bytes.AsSpan(Length);
    }

    /// <summary>Bytes as the characters of Latin-1.</summary>
    private readonly ref struct WidenedText
    {
        private readonly char[] _rented;

        internal WidenedText(ReadOnlySpan<byte> bytes)
        {
            _rented = ArrayPool<char>.Shared.Rent(bytes.Length);
            Characters = _rented.AsSpan(0, Encoding.Latin1.GetChars(bytes, _rented));
        }

        internal ReadOnlySpan<char> Characters { get; }

        public void Dispose() => ArrayPool<char>.Shared.Return(_rented);
    }
}
