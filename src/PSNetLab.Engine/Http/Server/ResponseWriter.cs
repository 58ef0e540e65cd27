using System.Buffers.Text;
using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Writes responses into a buffer that the thread lends for as long as a method runs, so that they are sent in one go.</summary>
internal readonly ref struct ResponseWriter
{
    private const int FirstBytes = 128 * 1024;

    private static readonly byte[][] s_statusLines = [.. Enumerable.Range(0, 600).Select(status => Encoding.ASCII.GetBytes($"HTTP/1.1 {status} {HttpStatus.Reason(status)}\r\nDate: "))];

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

    /// <summary>Whether it is time to send.</summary>
    internal bool IsFull => Count > FirstBytes / 2;

    internal void Clear() => _output.Count = 0;

    public void Dispose()
    {
        Clear();
        t_spare = _output;
    }

    /// <summary>The status line and Date (RFC 9110, section 6.6.1).</summary>
    internal void Begin(int status)
    {
        Append(s_statusLines[status]);
        Append(_output.Date());
        Append("\r\n"u8);
    }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _output.Count += bytes.Length;
    }

    internal void Append(long number)
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
        internal byte[] Bytes = GC.AllocateUninitializedArray<byte>(FirstBytes);
        internal int Count;

        private readonly byte[] _date = new byte[HttpDate.Length];
        private long _dateTick = -1000;

        internal byte[] Date()
        {
            long now = Environment.TickCount64;
            if (now - _dateTick >= 1000)
            {
                DateTime time = DateTime.UtcNow;
                HttpDate.Format(time, _date);
                _dateTick = now - time.Millisecond; // the second began then
            }

            return _date;
        }
    }
}
