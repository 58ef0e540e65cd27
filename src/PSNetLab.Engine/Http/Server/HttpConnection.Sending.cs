using System.Buffers;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <content>Sends answers, and reports them when they are sent.</content>
internal sealed partial class HttpConnection
{
    // A slow client must accept this many bytes within the request timeout.
    private const int PieceBytes = 16 * 1024;

    // Shorter content is copied into the buffer with its head.
    private const int LeastBytesLeft = 8 * 1024;

    private readonly OutgoingAnswers _outgoing = new();
    private byte[]? _unsent;
    private int _unsentLength;
    private ReadOnlyMemory<byte> _unsentContent;
    private Action<long>? _onProgress;

    /// <summary>Writes the head of the answer, and its content if it is short.</summary>
    /// <returns>The content that still has to be sent: none if it was short.</returns>
    private Content Write(ResponseWriter writer, bool keepAlive)
    {
        int before = writer.Count;
        writer.WriteHead(_exchange, keepAlive);
        Content content = _exchange.SendsBody ? _exchange.Content : Content.None;
        writer.Answers.Add(CompleteRecord(), _exchange.Started, writer.Count - before, content.Length);
        Totals = Totals with { MessagesReceived = Totals.MessagesReceived + 1 };
        if (content.File is not null)
        {
            return content;
        }

        if (content.Ranges is not null)
        {
            foreach ((byte[] lines, ByteRange range) in content.Ranges.Parts)
            {
                writer.Append(lines);
                writer.Append(content.Bytes.Span.Slice((int)range.Start, (int)range.Length));
            }

            writer.Append(content.Ranges.End);
            return Content.None;
        }

        if (content.Length >= LeastBytesLeft)
        {
            return content;
        }

        writer.Append(content.Bytes.Span);
        return Content.None;
    }

    private HttpRequestRecord? CompleteRecord()
    {
        if (_exchange.Record is { } record)
        {
            record.Status = _exchange.Status;
            record.File = _exchange.File;
            record.User = _exchange.User;
        }

        return _exchange.Record;
    }

    /// <summary>Sends at once; what the system does not accept is kept for <see cref="FlushAsync"/>.</summary>
    private bool TrySend(ResponseWriter writer, Content left)
    {
        if (writer.Count == 0)
        {
            return true;
        }

        ReadOnlyMemory<byte> content = left.Bytes;
        SafeFileHandle? file = content.IsEmpty || !_transport.SendsFilesWithoutCopy ? null : left.Copy?.File;
        BeginSend();
        try
        {
            int sent = _transport.TrySend(writer.Written, content.Span, file, left.Start);
            writer.Answers.Sent = sent;
            if (writer.Answers.IsSent)
            {
                Tell(writer.Answers);
            }

            if (sent == writer.Count + content.Length)
            {
                return true;
            }

            if (sent < writer.Count)
            {
                _unsentLength = writer.Count - sent;
                _unsent = ArrayPool<byte>.Shared.Rent(_unsentLength);
                writer.Written[sent..].CopyTo(_unsent);
                sent = writer.Count;
            }

            _unsentContent = content[(sent - writer.Count)..];
            return false;
        }
        finally
        {
            EndSend();
            _outgoing.TakeFrom(writer.Answers);
            writer.Clear();
        }
    }

    private async ValueTask FlushAsync()
    {
        if (_unsent is { } unsent)
        {
            await SendAsync(unsent.AsMemory(0, _unsentLength)).ConfigureAwait(false);
            _unsent = null;
            ArrayPool<byte>.Shared.Return(unsent);
        }

        if (!_unsentContent.IsEmpty)
        {
            await SendAsync(_unsentContent).ConfigureAwait(false);
            _unsentContent = default;
        }
    }

    internal async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        for (int start = 0; start < bytes.Length; start += PieceBytes)
        {
            Touch(Phase.Sending);
            await SendPieceAsync(bytes.Slice(start, Math.Min(PieceBytes, bytes.Length - start))).ConfigureAwait(false);
        }

        Touch(Phase.Working);
    }

    private async ValueTask SendPieceAsync(ReadOnlyMemory<byte> piece)
    {
        BeginSend();
        try
        {
            await _transport.SendAsync(piece, CancellationToken.None).ConfigureAwait(false);
            NoteSent(piece.Length);
        }
        finally
        {
            EndSend();
        }
    }

    /// <summary>Sends the head and the content of the answer.</summary>
    private async ValueTask SendAnswerAsync()
    {
        Content content = BeginAnswer();
        await FlushAsync().ConfigureAwait(false);
        if (content.File is not null)
        {
            if (content.Ranges is null)
            {
                await SendFileAsync(content.File, content.Start, content.Length).ConfigureAwait(false);
            }
            else
            {
                await SendRangesAsync(content.File, content.Ranges).ConfigureAwait(false);
            }

            if (_outgoing.Count > 0)
            {
                // The file was truncated, so the answer cannot be completed. Closing the connection tells the client.
                _last = true;
                TellBroken();
            }
        }
    }

    /// <summary>Sends the head, and content in memory, as far as possible without waiting.</summary>
    /// <returns>The content that still has to be sent, if it is in a file.</returns>
    private Content BeginAnswer()
    {
        using ResponseWriter writer = ResponseWriter.Lend();
        Content content = Write(writer, keepAlive: !_last);
        if (content.File is not null)
        {
            TrySend(writer, Content.None);
            return content;
        }

        // Without the memory file: it is worthwhile, and released safely, only for content that is sent at once.
        TrySend(writer, Content.Of(content.Bytes));
        return Content.None;
    }

    private async ValueTask SendRangesAsync(SafeFileHandle file, ContentRanges ranges)
    {
        foreach ((byte[] lines, ByteRange range) in ranges.Parts)
        {
            await SendAsync(lines).ConfigureAwait(false);
            if (!await SendFileAsync(file, range.Start, range.Length).ConfigureAwait(false))
            {
                return;
            }
        }

        await SendAsync(ranges.End).ConfigureAwait(false);
    }

    /// <returns>Whether the file was long enough.</returns>
    private async ValueTask<bool> SendFileAsync(SafeFileHandle file, long start, long length)
    {
        _onProgress ??= bytes =>
        {
            NoteSent(bytes);
            Touch(Phase.Sending);
        };
        Touch(Phase.Sending);
        BeginSend();
        try
        {
            long sent = await _transport.SendFileAsync(file, start, length, _onProgress, CancellationToken.None).ConfigureAwait(false);
            Touch(Phase.Working);
            return sent == length;
        }
        finally
        {
            EndSend();
        }
    }

    /// <summary>Counts bytes that the system has accepted, and reports the answers once all of them are sent.</summary>
    private void NoteSent(long bytes)
    {
        if (_outgoing.Count > 0)
        {
            _outgoing.Sent += bytes;
            if (_outgoing.IsSent)
            {
                Tell(_outgoing);
            }
        }
    }

    private void Tell(OutgoingAnswers answers)
    {
        int count = answers.Count;
        long bytes = answers.Tell(_options.Observer, _isSending ? _sendingSince : Stopwatch.GetTimestamp());
        Totals = Totals with { MessagesSent = Totals.MessagesSent + count, BytesSent = Totals.BytesSent + bytes };
    }

    /// <summary>Reports answers that will not be sent any further.</summary>
    private void TellBroken()
    {
        if (_isStreaming)
        {
            _isStreaming = false;
            if (!_isStreamAdded)
            {
                _outgoing.Add(CompleteRecord(), _exchange.Started, 0, _streamed, isWhole: false);
                _outgoing.Sent += _streamed;
            }
        }

        if (_outgoing.Count > 0)
        {
            Tell(_outgoing);
        }
    }
}
