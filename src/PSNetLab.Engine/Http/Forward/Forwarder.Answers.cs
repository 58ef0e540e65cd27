using System.Buffers;
using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Forward;

/// <content>What becomes of the answer.</content>
internal sealed partial class Forwarder
{
    private const int PieceBytes = 64 * 1024;

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

            Tunnel tunnel = new(upstream, SwitchHead(head));
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
}
