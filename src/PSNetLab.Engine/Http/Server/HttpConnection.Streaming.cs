using System.Buffers;
using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <content>Answers whose content is written in pieces.</content>
internal sealed partial class HttpConnection
{
    // The size of a chunk in hexadecimal digits, and two CRLFs.
    private const int MostBytesAroundPiece = 16;

    // Requests that come during a stream.
    private const int MostBytesAhead = 64 * 1024;

    private volatile bool _isStreaming;
    private bool _isStreamBroken;

    // Whether the answer is among the outgoing ones, or told: it is added before its last bytes are sent.
    private bool _isStreamAdded;
    private long _streamed;

    /// <summary>Sends the head of an answer whose content follows.</summary>
    internal async ValueTask StartStreamAsync()
    {
        bool hasNoEnd = _exchange.Length < 0 && _exchange.SendsBody;
        _exchange.IsChunked = hasNoEnd && _request.Version == HttpVersion.Http11;
        _last = !KeepsAlive || (hasNoEnd && !_exchange.IsChunked) || (_request.ExpectsContinue && !_hasContinued);
        _hasBegun = _isStreaming = true;
        _streamed = 0;
        Totals = Totals with { MessagesReceived = Totals.MessagesReceived + 1 };
        byte[] head = StreamHead();
        _isStreamAdded = !_exchange.SendsBody || _exchange.Length == 0;
        if (_isStreamAdded)
        {
            _outgoing.Add(CompleteRecord(), _exchange.Started, head.Length, 0);
        }

        await SendOwnAsync(head).ConfigureAwait(false);
    }

    /// <summary>Sends more of the content.</summary>
    internal async ValueTask WriteStreamAsync(ReadOnlyMemory<byte> data)
    {
        if (!_isStreaming)
        {
            throw new InvalidOperationException("Call StartAsync before WriteAsync.");
        }

        if (_exchange.Length >= 0 && data.Length > _exchange.Length - _streamed)
        {
            throw new InvalidOperationException($"The content is longer than the {_exchange.Length} bytes that were announced.");
        }

        if (!_exchange.SendsBody)
        {
            return;
        }

        for (int start = 0; start < data.Length; start += PieceBytes)
        {
            ReadOnlyMemory<byte> piece = data.Slice(start, Math.Min(PieceBytes, data.Length - start));
            if (_exchange.IsChunked)
            {
                await SendChunkAsync(piece).ConfigureAwait(false);
            }
            else
            {
                if (_streamed + piece.Length == _exchange.Length)
                {
                    _isStreamAdded = true;
                    _outgoing.Add(CompleteRecord(), _exchange.Started, 0, _exchange.Length);
                    _outgoing.Sent += _streamed;
                }

                await SendOwnAsync(piece).ConfigureAwait(false);
            }

            _streamed += piece.Length;
        }
    }

    /// <summary>Sends an interim response.</summary>
    internal async ValueTask InformAsync(int status, byte[] fieldLines)
    {
        if (_request.Version == HttpVersion.Http11 && !_isStreaming)
        {
            await SendOwnAsync(Information(status, fieldLines)).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the end of what the client sends.</summary>
    internal async Task WaitForEndAsync(CancellationToken cancellationToken)
    {
        int count = -1;
        while (count != 0)
        {
            await _transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            count = _received.Count < MostBytesAhead ? ReceiveAhead() : DiscardAhead();
        }
    }

    /// <summary>Reads what is more than is kept: only that shows that the client leaves. The connection ends after the answer.</summary>
    private int DiscardAhead()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        int count = _transport.TryReceive(buffer);
        ArrayPool<byte>.Shared.Return(buffer);
        _last = _hasUnreadBody = true;
        _bytesReceived += Math.Max(count, 0);
        return count;
    }

    private static byte[] Information(int status, byte[] fieldLines)
    {
        using ResponseWriter writer = ResponseWriter.Lend();
        writer.WriteInformation(status, fieldLines);
        return writer.Written.ToArray();
    }

    private byte[] StreamHead()
    {
        using ResponseWriter writer = ResponseWriter.Lend();
        writer.WriteHead(_exchange, keepAlive: !_last);
        return writer.Written.ToArray();
    }

    private async ValueTask SendChunkAsync(ReadOnlyMemory<byte> piece)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(piece.Length + MostBytesAroundPiece);
        int length = Encoding.ASCII.GetBytes(piece.Length.ToString("x", CultureInfo.InvariantCulture), chunk);
        "\r\n"u8.CopyTo(chunk.AsSpan(length));
        piece.CopyTo(chunk.AsMemory(length + 2));
        length += piece.Length + 4;
        "\r\n"u8.CopyTo(chunk.AsSpan(length - 2));
        await SendOwnAsync(chunk.AsMemory(0, length)).ConfigureAwait(false);
        ArrayPool<byte>.Shared.Return(chunk);
    }

    /// <summary>Sends for a handler. After a failure the connection ends, even if the handler catches the exception.</summary>
    private async ValueTask SendOwnAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await SendAsync(bytes).ConfigureAwait(false);
        }
        catch
        {
            _isGone = true;
            throw;
        }
    }

    /// <summary>Sends the end of the content, unless that was done before.</summary>
    internal async ValueTask EndStreamAsync()
    {
        if (!_isStreaming)
        {
            return;
        }

        bool isComplete = !_isStreamBroken && (!_exchange.SendsBody || _exchange.Length < 0 || _streamed == _exchange.Length);
        if (!isComplete)
        {
            _last = true;
            TellBroken();
            return;
        }

        _isStreaming = false;
        if (_isStreamAdded)
        {
            return;
        }

        _outgoing.Add(CompleteRecord(), _exchange.Started, 0, _streamed, _exchange.IsChunked ? _exchange.LastChunk.Length : 0);
        NoteSent(_streamed);
        if (_exchange.IsChunked)
        {
            await SendAsync(_exchange.LastChunk).ConfigureAwait(false);
        }
    }
}
