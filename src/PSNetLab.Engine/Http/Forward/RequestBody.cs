using System.Buffers;
using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>
/// The body of a request on its way to the upstream: what has arrived of it is read first, so that most bodies are known to be whole and
/// well-formed before the upstream sees anything. The rest is passed on in pieces.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    private const int PieceBytes = 64 * 1024;

    // A size in hexadecimal digits, and its line end, before a chunk.
    private const int MostBytesOfSize = 10;

    private readonly HttpExchange _exchange;
    private readonly byte[]? _buffer;
    private readonly ReadOnlyMemory<byte> _first;
    private readonly bool _isRead;

    private RequestBody(HttpExchange exchange, byte[]? buffer, ReadOnlyMemory<byte> first, bool isRead)
    {
        _exchange = exchange;
        _buffer = buffer;
        _first = first;
        _isRead = isRead;
    }

    /// <summary>Whether it is all in memory, so that it can be sent in one piece, and again.</summary>
    internal bool IsWhole => _isRead;

    /// <summary>The length to announce; -1 to send chunks, 0 for no body.</summary>
    internal long Length
    {
        get
        {
            RequestHead head = _exchange.Request;
            return !head.HasBody ? Math.Max(head.ContentLength, 0) : head.IsChunked ? -1 : head.ContentLength;
        }
    }

    /// <summary>Whether the client waits for 100 (Continue), and so the upstream is asked first.</summary>
    internal bool AsksFirst { get; private init; }

    /// <summary>Gets every piece of the body; null for nobody.</summary>
    internal BodyTape? Copy { get; set; }

    /// <exception cref="IOException">The body is malformed.</exception>
    internal static async ValueTask<RequestBody> BeginAsync(HttpExchange exchange)
    {
        if (!exchange.Request.HasBody)
        {
            return new RequestBody(exchange, null, default, isRead: true);
        }

        if (exchange.Body is { } whole)
        {
            return new RequestBody(exchange, null, whole, isRead: true);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        if (exchange.Request.ExpectsContinue)
        {
            return new RequestBody(exchange, buffer, default, isRead: false) { AsksFirst = true };
        }

        try
        {
            int length = await exchange.ReadAsync(buffer).ConfigureAwait(false);
            for (int more = -1; more != 0 && length < buffer.Length; length += more)
            {
                more = exchange.ReadNow(buffer.AsSpan(length));
            }

            return new RequestBody(exchange, buffer, buffer.AsMemory(0, length), exchange.HasReadBody);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>Adds the whole body, or what there is of it, to the head.</summary>
    internal void WriteFirst(ArrayBufferWriter<byte> output)
    {
        Copy?.Write(_first.Span);
        Copy = _isRead ? null : Copy; // a request that is repeated is heard once
        Write(output, _first.Span);
        WriteEnd(output, _isRead);
    }

    /// <summary>Whether it was read to its end.</summary>
    internal bool IsRead => _exchange.HasReadBody;

    /// <summary>Reads more of it, while something else is sent to the client.</summary>
    /// <param name="output">Gets it as the upstream does.</param>
    /// <param name="stop">Ends it.</param>
    internal async Task ReadAsync(ArrayBufferWriter<byte> output, CancellationToken stop)
    {
        int count = await _exchange.ReadBesideAsync(_buffer!, stop).ConfigureAwait(false);
        Copy?.Write(_buffer.AsSpan(0, count));
        Write(output, _buffer.AsSpan(0, count));
        WriteEnd(output, IsRead);
    }

    public void Dispose()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    private void Write(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        if (Length >= 0)
        {
            output.Write(data);
            return;
        }

        Span<byte> size = output.GetSpan(MostBytesOfSize);
        int digits = Encoding.ASCII.GetBytes(data.Length.ToString("x", CultureInfo.InvariantCulture), size);
        "\r\n"u8.CopyTo(size[digits..]);
        output.Advance(digits + 2);
        output.Write(data);
        output.Write("\r\n"u8);
    }

    private void WriteEnd(ArrayBufferWriter<byte> output, bool isLast)
    {
        if (isLast && Length < 0)
        {
            output.Write("0\r\n"u8);
            output.Write(ForwardedFields.Trailers(_exchange.Trailers));
            output.Write("\r\n"u8);
        }
    }
}
