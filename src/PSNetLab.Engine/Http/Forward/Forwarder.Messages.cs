using System.Buffers;
using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Forward;

/// <content>What becomes of the heads and of the answer.</content>
internal sealed partial class Forwarder
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>The path of the request with its query, or * for all; false if the target has none.</summary>
    private static bool TryReadTarget(HttpExchange exchange, out ReadOnlySpan<byte> target)
    {
        target = HttpTarget.OriginForm(exchange.Target);
        return target.IsEmpty || target[0] is (byte)'/' or (byte)'?' || target.SequenceEqual("*"u8);
    }

    private void WriteHead(HttpExchange exchange, ArrayBufferWriter<byte> output, RequestBody body)
    {
        ReadOnlySpan<byte> head = exchange.Head;
        TryReadTarget(exchange, out ReadOnlySpan<byte> target);
        output.Write(exchange.Request.MethodText(head));
        output.Write(" "u8);
        if (target.IsEmpty || target[0] != '*')
        {
            output.Write(_prefix);
            output.Write(target.IsEmpty || target[0] != '/' ? "/"u8 : default);
        }

        output.Write(target);
        output.Write(" HTTP/1.1\r\nHost: "u8);
        output.Write(_host);
        output.Write("\r\n"u8);
        FieldEnumerator all = exchange.Request.Fields(head);
        bool hasConnection = exchange.Request.Has(HttpHeader.Connection);
        FieldEnumerator fields = all;
        while (fields.MoveNext())
        {
            if (!ForwardedFields.Is(fields.Name, "Host"u8) && !ForwardedFields.Is(fields.Name, "Expect"u8)
                && !ForwardedFields.IsOwnLogin(fields.Name, exchange)
                && !ForwardedFields.StaysHere(fields.Name, all, hasConnection))
            {
                ForwardedFields.Write(output, fields.Name, fields.Value);
            }
        }

        if (IsUpgrade(exchange))
        {
            output.Write("Connection: Upgrade\r\n"u8);
            ForwardedFields.Write(output, "Upgrade"u8, exchange.Get(HttpHeader.Upgrade));
        }

        output.Write(body.AsksFirst ? "Expect: 100-continue\r\n"u8 : default);
        if (body.Length < 0)
        {
            output.Write("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (body.Length > 0 || exchange.Request.Has(HttpHeader.ContentLength))
        {
            output.Write("Content-Length: "u8);
            Span<byte> digits = output.GetSpan(20);
            body.Length.TryFormat(digits, out int count, provider: CultureInfo.InvariantCulture);
            output.Advance(count);
            output.Write("\r\n"u8);
        }

        output.Write("\r\n"u8);
    }

    /// <summary>Whether the client offers another protocol for the connection (RFC 9110, section 7.8).</summary>
    private static bool IsUpgrade(HttpExchange exchange)
    {
        ReadOnlySpan<byte> options = exchange.Get(HttpHeader.Connection);
        while (exchange.Request.Has(HttpHeader.Upgrade) && !exchange.Request.HasBody
            && FieldList.TryTake(ref options, out ReadOnlySpan<byte> option))
        {
            if (ForwardedFields.Is(option, "upgrade"u8))
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask AnswerAsync(
        HttpExchange exchange, UpstreamConnection upstream, ReceivedHead head, Tape? tape, Upload? upload)
    {
        if (head.IsUpgrade)
        {
            if (!IsUpgrade(exchange))
            {
                throw new NetLabException(FaultKind.ResponseMalformed, $"{Peer} answered 101 (Switching Protocols) to a request that did "
                    + "not ask for it.");
            }

            Tunnel tunnel = new(upstream, head);
            exchange.TakeOver(head.Status, tunnel.ServeAsync);
            return;
        }

        AddFields(exchange, head);
        long length = head.ContentLength;
        BodyReader body = head.Body;
        if (upload?.IsRunning == true)
        {
            await StreamAsync(exchange, upstream, head, tape, upload).ConfigureAwait(false);
        }
        else if (body.Framing == BodyFraming.None)
        {
            await EndAsync(exchange, tape, head).ConfigureAwait(false);

            // With HEAD, the length is that of the answer to GET.
            if (exchange.Request.Method == HttpMethod.Head && !HttpStatus.HasNoBody(head.Status))
            {
                await exchange.StartAsync(head.Status, [], length).ConfigureAwait(false);
            }
            else
            {
                exchange.Answer(head.Status, []);
            }
        }
        else if (body.Framing == BodyFraming.Length && length <= PieceBytes && upstream.Http.Pending >= length)
        {
            byte[] content = new byte[length];
            for (int count = 0; count < length;)
            {
                count += await upstream.Http.ReadBodyAsync(content.AsMemory(count), upstream.Limit).ConfigureAwait(false);
            }

            tape?.Hear(content);
            await EndAsync(exchange, tape, head).ConfigureAwait(false);
            exchange.Answer(head.Status, [], Content.Of(content));
        }
        else
        {
            await StreamAsync(exchange, upstream, head, tape, upload).ConfigureAwait(false);
        }
    }

    private async ValueTask StreamAsync(
        HttpExchange exchange, UpstreamConnection upstream, ReceivedHead head, Tape? tape, Upload? upload)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            upstream.Pause();
            long length = HttpStatus.HasNoBody(head.Status) ? 0 : head.ContentLength;
            await exchange.StartAsync(head.Status, [], length).ConfigureAwait(false);
            Tape? left = tape;
            int count = -1;
            while (count != 0)
            {
                upstream.Renew();
                count = await upstream.Http.ReadBodyAsync(buffer, upstream.Limit).ConfigureAwait(false);
                left?.Hear(buffer.AsSpan(0, count));
                if (upstream.Http.HasReadBody && upload?.IsRunning != true)
                {
                    // Before the client has the last of it, so that whoever has the answer finds it recorded.
                    await EndAsync(exchange, left, head).ConfigureAwait(false);
                    left = null;
                }

                if (count > 0)
                {
                    upstream.Pause();
                    await exchange.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
                }
            }

            if (!upstream.Http.TrailerLines.IsEmpty)
            {
                exchange.SetTrailers(ForwardedFields.Trailers(upstream.Http.TrailerLines));
            }

            await exchange.EndAsync().ConfigureAwait(false);
            if (upload is not null && left is not null)
            {
                await upload.FinishAsync().ConfigureAwait(false);
                upload.ThrowIfClientFailed();
                await EndAsync(exchange, left, head).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Records the exchange: it may take a moment, and so not on the thread of an event loop.</summary>
    private async ValueTask EndAsync(HttpExchange exchange, Tape? tape, ReceivedHead head)
    {
        if (tape is not null)
        {
            await LoopThread.Leave();
            try
            {
                tape.End(head, exchange.HasReadBody, place => Encoding.Latin1.GetString(Here(Encoding.Latin1.GetBytes(place))));
            }
            catch (Exception error)
            {
                // Whatever it is, the answer is passed on.
                tape.Lose(error.Message);
            }
        }
    }

    private void AddFields(HttpExchange exchange, ReceivedHead head)
    {
        FieldEnumerator all = head.Lines;
        bool hasConnection = ForwardedFields.HasConnection(all);
        FieldEnumerator fields = all;
        while (fields.MoveNext())
        {
            if (!ForwardedFields.StaysHere(fields.Name, all, hasConnection))
            {
                exchange.HasDate |= ForwardedFields.Is(fields.Name, "Date"u8);
                bool isPlace = ForwardedFields.Is(fields.Name, "Location"u8) || ForwardedFields.Is(fields.Name, "Content-Location"u8);
                exchange.AddField(fields.Name, isPlace ? Here(fields.Value) : fields.Value);
            }
        }
    }

    /// <summary>A place on the upstream as clients of this server reach it.</summary>
    private ReadOnlySpan<byte> Here(ReadOnlySpan<byte> place)
    {
        ReadOnlySpan<byte> rest = place;
        if (rest.Length >= _origin.Length && Ascii.EqualsIgnoreCase(rest[.._origin.Length], _origin))
        {
            rest = rest[_origin.Length..];
            if (!rest.IsEmpty && rest[0] is not ((byte)'/' or (byte)'?' or (byte)'#'))
            {
                return place; // another port
            }
        }
        else if (!rest.StartsWith("/"u8) || rest.StartsWith("//"u8))
        {
            return place;
        }

        if (!rest.StartsWith(_prefix))
        {
            return place;
        }

        rest = rest[_prefix.Length..];
        return rest.IsEmpty ? "/"u8
            : rest[0] == '/' ? rest
            : rest[0] is (byte)'?' or (byte)'#' ? (byte[])[(byte)'/', .. rest]
            : place;
    }

    private static byte[] EndToEnd(ReceivedHead head)
    {
        ArrayBufferWriter<byte> lines = new(head.Bytes.Length);
        FieldEnumerator all = head.Lines;
        bool hasConnection = ForwardedFields.HasConnection(all);
        FieldEnumerator fields = all;
        while (fields.MoveNext())
        {
            if (!ForwardedFields.StaysHere(fields.Name, all, hasConnection))
            {
                ForwardedFields.Write(lines, fields.Name, fields.Value);
            }
        }

        return lines.WrittenSpan.ToArray();
    }
}
