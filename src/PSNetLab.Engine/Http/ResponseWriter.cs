using System.Buffers.Text;
using System.Text;

namespace PSNetLab.Engine;

/// <summary>The bytes of responses on their way out, until they are sent in one go.</summary>
internal sealed class ResponseWriter
{
    private const int FirstBytes = 128 * 1024;

    private static readonly byte[][] s_statusLines = [.. Enumerable.Range(0, 600).Select(status => Encoding.ASCII.GetBytes($"HTTP/1.1 {status} {HttpStatus.Reason(status)}\r\nDate: "))];

    // Filled and sent without a wait in between, so everything on a thread can share it.
    [ThreadStatic]
    private static ResponseWriter? t_writer;

    private readonly byte[] _date = new byte[HttpDate.Length];
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(FirstBytes);
    private long _dateTick = -1000;

    /// <summary>The thread's writer, emptied before use: what a failed connection left in it must not go to another.</summary>
    internal static ResponseWriter OfThread()
    {
        ResponseWriter writer = t_writer ??= new();
        writer.Count = 0;
        return writer;
    }

    internal int Count { get; private set; }

    internal ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Count);

    /// <summary>Whether it is time to send.</summary>
    internal bool IsFull => Count > FirstBytes / 2;

    internal void Clear() => Count = 0;

    /// <summary>The status line and Date (RFC 9110, section 6.6.1).</summary>
    internal void Begin(int status)
    {
        Append(s_statusLines[status]);
        long now = Environment.TickCount64;
        if (now - _dateTick >= 1000)
        {
            DateTime time = DateTime.UtcNow;
            HttpDate.Format(time, _date);
            _dateTick = now - time.Millisecond; // the second began then
        }

        Append(_date);
        Append("\r\n"u8);
    }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Count += bytes.Length;
    }

    internal void Append(long number)
    {
        Utf8Formatter.TryFormat(number, GetSpan(20), out int length);
        Count += length;
    }

    private Span<byte> GetSpan(int length)
    {
        if (_buffer.Length - Count < length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Count + length));
        }

        return _buffer.AsSpan(Count);
    }
}
