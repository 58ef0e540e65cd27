using System.Buffers.Text;
using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Writes responses into a buffer of the thread, so that several are sent together. Valid until the method returns.</summary>
internal readonly ref struct ResponseWriter
{
    private const int FirstBytes = 128 * 1024;
    private const int MostBytesKept = 1024 * 1024;

    private static readonly byte[]?[] s_statusLines = new byte[]?[HttpStatus.Most + 1];

    [ThreadStatic]
    private static Output? t_spare;

    private readonly Output _output;

    private ResponseWriter(Output output) => _output = output;

    internal static ResponseWriter Lend()
    {
        Output output = t_spare ?? new Output();
        t_spare = null;
        return new ResponseWriter(output);
    }

    internal int Count => _output.Count;

    internal ReadOnlySpan<byte> Written => _output.Bytes.AsSpan(0, Count);

    /// <summary>The answers whose heads are in the buffer.</summary>
    internal OutgoingAnswers Answers => _output.Answers;

    /// <summary>Whether the buffer is half full, so that it is time to send.</summary>
    internal bool IsFull => Count > FirstBytes / 2;

    internal void Clear()
    {
        _output.Count = 0;
        _output.Answers.Clear();
    }

    public void Dispose()
    {
        Clear();
        if (_output.Bytes.Length <= MostBytesKept)
        {
            t_spare = _output;
        }
    }

    /// <summary>Writes the head of an answer.</summary>
    /// <param name="exchange">The exchange that has the answer.</param>
    /// <param name="keepAlive">Whether the connection stays open.</param>
    internal void WriteHead(HttpExchange exchange, bool keepAlive)
    {
        bool hasLength = !HttpStatus.HasNoBody(exchange.Status) && !exchange.IsTunnel;
        WriteHead(
            exchange.Request.Version,
            exchange.Status,
            exchange.FieldLines,
            exchange.MoreFieldLines,
            !hasLength ? -1 : HttpStatus.IsEmpty(exchange.Status) ? 0 : exchange.Length,
            exchange.IsChunked,
            keepAlive,
            exchange.HasDate);
    }

    /// <summary>Writes a head.</summary>
    /// <param name="version">The version of the request.</param>
    /// <param name="status">The status.</param>
    /// <param name="fieldLines">The lines of most fields.</param>
    /// <param name="moreLines">More of them.</param>
    /// <param name="length">The Content-Length; -1 for none.</param>
    /// <param name="isChunked">Whether the content is in chunks.</param>
    /// <param name="keepAlive">Whether the connection stays open.</param>
    /// <param name="hasDate">Whether there is a Date among the lines.</param>
    internal void WriteHead(
        HttpVersion version, int status, ReadOnlySpan<byte> fieldLines, ReadOnlySpan<byte> moreLines, long length, bool isChunked,
            bool keepAlive, bool hasDate = false)
    {
        Append(StatusLine(status));
        Append(hasDate ? default : _output.DateLine());
        Append(fieldLines);
        Append(moreLines);
        if (isChunked)
        {
            Append("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (length >= 0)
        {
            Append("Content-Length: "u8);
            Append(length);
            Append("\r\n"u8);
        }

        if (!keepAlive)
        {
            Append("Connection: close\r\n\r\n"u8);
        }
        else
        {
            // In HTTP/1.0, a connection that stays open is the exception (RFC 9112, section 9.3).
            Append(version == HttpVersion.Http10 ? "Connection: keep-alive\r\n\r\n"u8 : "\r\n"u8);
        }
    }

    /// <summary>Writes a complete interim response (RFC 9110, section 15.2).</summary>
    internal void WriteInformation(int status, ReadOnlySpan<byte> fieldLines)
    {
        Append(StatusLine(status));
        Append(fieldLines);
        Append("\r\n"u8);
    }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _output.Count += bytes.Length;
    }

    private static byte[] StatusLine(int status)
        => s_statusLines[status] ??= Encoding.ASCII.GetBytes($"HTTP/1.1 {status} {HttpStatus.Reason(status)}\r\n");

    private void Append(long number)
    {
        Utf8Formatter.TryFormat(number, GetSpan(20), out int length);
        _output.Count += length;
    }

    private Span<byte> GetSpan(int length)
    {
        if (_output.Bytes.Length - Count < length)
        {
            Array.Resize(ref _output.Bytes, Math.Max(_output.Bytes.Length * 2, Count + length));
        }

        return _output.Bytes.AsSpan(Count);
    }

    private sealed class Output
    {
        internal readonly OutgoingAnswers Answers = new();
        internal byte[] Bytes = GC.AllocateUninitializedArray<byte>(FirstBytes);
        internal int Count;

        private readonly byte[] _dateLine = [.. "Date: "u8, .. new byte[HttpDate.Length], .. "\r\n"u8];
        private long _dateTick = -1000;

        internal byte[] DateLine()
        {
            long now = Environment.TickCount64;
            if (now - _dateTick >= 1000)
            {
                DateTime time = DateTime.UtcNow;
                HttpDate.Format(time, _dateLine.AsSpan("Date: ".Length));
                _dateTick = now - time.Millisecond; // when the current second began
            }

            return _dateLine;
        }
    }
}
