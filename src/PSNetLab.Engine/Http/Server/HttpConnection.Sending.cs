using System.Buffers;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.Server;

/// <content>Sending what needs more than one go, and skipping bodies.</content>
internal sealed partial class HttpConnection
{
    // As much as a slow client has to take within the request timeout.
    private const int ChunkBytes = 16 * 1024;
    private const long MostBytesSkipped = 256 * 1024;

    // Shorter content is sent from the buffer of its head.
    private const int LeastBytesLeft = 8 * 1024;

    /// <summary>Content that is not sent from the buffer of its head, and perhaps a file that holds it at an offset.</summary>
    private readonly record struct Tail(ReadOnlyMemory<byte> Content, long Offset, SafeFileHandle? File = null);

    private byte[]? _unsent;
    private int _unsentLength;
    private ReadOnlyMemory<byte> _unsentContent;
    private Action<long>? _onProgress;
    private long _bodyLeft;

    /// <summary>Sends at once; what the system does not take is kept for <see cref="FlushAsync"/>.</summary>
    private bool TrySend(ReadOnlySpan<byte> heads, Tail tail)
    {
        ReadOnlyMemory<byte> content = tail.Content;
        int sent = heads.IsEmpty ? 0 : _transport.TrySend(heads, content.Span, tail.File, tail.Offset);
        if (sent == heads.Length + content.Length)
        {
            return true;
        }

        if (sent < heads.Length)
        {
            _unsentLength = heads.Length - sent;
            _unsent = ArrayPool<byte>.Shared.Rent(_unsentLength);
            heads[sent..].CopyTo(_unsent);
            sent = heads.Length;
        }

        _unsentContent = content[(sent - heads.Length)..];
        return false;
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

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        for (int start = 0; start < bytes.Length; start += ChunkBytes)
        {
            Touch(Phase.Sending);
            await _transport.SendAsync(bytes.Slice(start, Math.Min(ChunkBytes, bytes.Length - start)), CancellationToken.None).ConfigureAwait(false);
        }

        Touch(Phase.Working);
    }

    /// <summary>Sends head and body of a response.</summary>
    private async Task SendAsync(byte[] head, Answer answer, long started)
    {
        HttpRequestRecord? record = NewRecord(head, answer.Resource);
        int status = 0;
        long length = _bodyLeft = 0;
        try
        {
            Body body = Begin(head, answer, ref record, started, out status, out length);
            await FlushAsync().ConfigureAwait(false);
            if (body.File is not null)
            {
                if (body.Ranges is null)
                {
                    await SendFileAsync(body, new ByteRange(body.Start, body.Start + body.Length - 1)).ConfigureAwait(false);
                }
                else
                {
                    await SendRangesAsync(body).ConfigureAwait(false);
                }
            }

            // A file that has become shorter leaves an answer that cannot be completed; the end of the connection says so.
            _last |= _bodyLeft > 0;
        }
        finally
        {
            Count(length - _bodyLeft);
            if (record is not null)
            {
                Complete(record, status, length - _bodyLeft, started, completed: _bodyLeft == 0);
            }
        }
    }

    /// <summary>Sends the head and a body from memory, as far as they go at once.</summary>
    private Body Begin(byte[] head, Answer answer, ref HttpRequestRecord? record, long started, out int status, out long length)
    {
        using ResponseWriter writer = ResponseWriter.Lend();
        Body body = Responder.Write(writer, _request, head, answer, _site, keepAlive: !_last, out status);
        _bodyLeft = length = body.Length;
        Tail tail = default;
        if (body.File is null)
        {
            tail = AppendOrLeave(writer, body);
            _bodyLeft = 0;
        }

        if (_bodyLeft == 0 && record is not null)
        {
            Complete(record, status, body.Length, started, completed: true);
            record = null;
        }

        TrySend(writer.Written, tail);
        return body;
    }

    /// <summary>Puts ranges and short content behind their head, and gives longer content back.</summary>
    private static Tail AppendOrLeave(ResponseWriter writer, Body body)
    {
        if (body.Ranges is not null)
        {
            AppendRanges(writer, body);
            return default;
        }

        ReadOnlyMemory<byte> content = body.Content.AsMemory((int)body.Start, (int)body.Length);
        if (content.Length >= LeastBytesLeft)
        {
            return new Tail(content, body.Start);
        }

        writer.Append(content.Span);
        return default;
    }

    private static void AppendRanges(ResponseWriter writer, Body body)
    {
        foreach ((byte[] lines, ByteRange range) in body.Ranges!)
        {
            writer.Append(lines);
            writer.Append(body.Content.AsSpan((int)range.Start, (int)range.Length));
        }

        writer.Append(body.End);
    }

    private async ValueTask SendRangesAsync(Body body)
    {
        foreach ((byte[] lines, ByteRange range) in body.Ranges!)
        {
            await SendAsync(lines).ConfigureAwait(false);
            _bodyLeft -= lines.Length;
            if (!await SendFileAsync(body, range).ConfigureAwait(false))
            {
                return;
            }
        }

        await SendAsync(body.End).ConfigureAwait(false);
        _bodyLeft -= body.End!.Length;
    }

    /// <returns>Whether the file was long enough.</returns>
    private async ValueTask<bool> SendFileAsync(Body body, ByteRange range)
    {
        _onProgress ??= bytes =>
        {
            _bodyLeft -= bytes;
            Touch(Phase.Sending);
        };
        _onProgress(0);
        long sent = await _transport.SendFileAsync(body.File!, range.Start, range.Length, _onProgress, CancellationToken.None).ConfigureAwait(false);
        Touch(Phase.Working);
        return sent == range.Length;
    }

    /// <summary>Reads past the body of a request, which nobody wants.</summary>
    /// <returns>What is wrong with it, or null. Of a body that is too long, the rest is left, and the connection has to end.</returns>
    private async ValueTask<string?> SkipBodyAsync()
    {
        // A client that waits for 100 (Continue) gets the final answer instead; whether it sends the body then, nobody knows.
        if (_request.ExpectsContinue || _request.ContentLength > MostBytesSkipped)
        {
            _hasUnreadBody = true;
            return null;
        }

        BodyReader body = _request.Body;
        Touch(Phase.Receiving);
        while (true)
        {
            if (Skip(ref body, out string? fault))
            {
                return fault;
            }

            bool ended;
            do
            {
                await WaitAsync(Phase.Receiving).ConfigureAwait(false);
            }
            while (!TryReceive(Phase.Receiving, out ended));
            if (ended)
            {
                throw new IOException("The body did not come.");
            }
        }
    }

    private bool TryReceive(Phase waiting, out bool ended)
    {
        using ReceiveBuffer.Lease lease = _received.Lend();
        int count = Receive(lease, waiting);
        ended = count == 0;
        return count >= 0;
    }

    /// <summary>Skips what has come of a body. True at its end, or where no more of it is wanted.</summary>
    private bool Skip(ref BodyReader body, out string? fault)
    {
        int consumed;
        do
        {
            body.Read(_received.Pending, out consumed, out _);
            _received.Take(consumed);
        }
        while (consumed > 0);

        fault = body.Status == ParseStatus.Failed ? body.Fault : null;
        _hasUnreadBody = body.Status == ParseStatus.Failed || (body.Status == ParseStatus.Incomplete && body.Length > MostBytesSkipped);
        return _hasUnreadBody || body.Status == ParseStatus.Complete;
    }
}
