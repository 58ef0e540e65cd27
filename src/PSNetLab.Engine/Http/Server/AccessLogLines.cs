using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Formats access log lines into a buffer that grows.</summary>
/// <param name="zone">The time zone of all times; null for the system's.</param>
internal sealed class AccessLogLines(TimeZoneInfo? zone = null)
{
    private const int FirstCapacity = 16 * 1024;

    // "[10/Oct/2000:13:55:36 -0700] "
    private const int StampLength = 29;

    // Everything else is escaped: a client must not be able to end a quoted field or a line, or to control a terminal (CWE-117).
    private static readonly SearchValues<byte> s_quotable = SearchValues.Create(Printable("\"\\"u8));
    private static readonly SearchValues<byte> s_bare = SearchValues.Create(Printable("\"\\ "u8));

    private readonly TimeZoneInfo _zone = zone ?? TimeZoneInfo.Local;
    private readonly byte[] _stamp = new byte[StampLength];
    private long _stampSecond = -1;
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
        AddCommon(record.Remote.Address, record.User, record.Moment, record.Line, record.Status, record.BytesSent);
        if (isCombined)
        {
            AddQuoted(record.Field("Referer"u8));
            AddQuoted(record.Field("User-Agent"u8));
        }

        EndLine();
    }

    internal void AddCommon(IPAddress remote, string? user, DateTime time, ReadOnlySpan<byte> requestLine, int status, long bytes)
    {
        Add(Addresses.OfSocket(remote));
        Add(" - "u8);
        AddUser(user);
        Add(" "u8);
        AddStamp(time);
        Add("\""u8);
        Add(requestLine, s_quotable);
        Add("\" "u8);
        Add(status);
        Add(" "u8);
        Add(bytes);
    }

    internal void AddQuoted(ReadOnlySpan<byte> text)
    {
        Add(" \""u8);
        Add(text, s_quotable);
        Add("\""u8);
    }

    internal void EndLine() => Add("\n"u8);

    private static byte[] Printable(ReadOnlySpan<byte> except)
        => [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (byte)code).Except(except.ToArray())];

    private void AddUser(string? user)
    {
        const int Few = 128;
        if (user is null)
        {
            Add("-"u8);
            return;
        }

        Span<byte> utf8 = user.Length <= Few / 3 ? stackalloc byte[Few] : new byte[Encoding.UTF8.GetByteCount(user)];
        Add(utf8[..Encoding.UTF8.GetBytes(user, utf8)], s_bare);
    }

    private void AddStamp(DateTime time)
    {
        long second = time.Ticks / TimeSpan.TicksPerSecond;
        if (second != _stampSecond)
        {
            TimeSpan offset = _zone.GetUtcOffset(time);
            time.TryFormat(_stamp, out int length, "[dd/MMM/yyyy:HH:mm:ss ", CultureInfo.InvariantCulture);
            _stamp[length++] = (byte)(offset < TimeSpan.Zero ? '-' : '+');
            offset.TryFormat(_stamp.AsSpan(length), out int offsetLength, "hhmm", CultureInfo.InvariantCulture);
            "] "u8.CopyTo(_stamp.AsSpan(length + offsetLength));
            _stampSecond = second;
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

    private void Add(ReadOnlySpan<byte> text, SearchValues<byte> plain)
    {
        if (text.IsEmpty)
        {
            Add("-"u8);
        }

        while (!text.IsEmpty)
        {
            int run = text.IndexOfAnyExcept(plain);
            Add(text[..(run < 0 ? text.Length : run)]);
            if (run < 0)
            {
                return;
            }

            Add("\\x"u8);
            text[run].TryFormat(Room(2), out int length, "X2", CultureInfo.InvariantCulture);
            Length += length;
            text = text[(run + 1)..];
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
}
