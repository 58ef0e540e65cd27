using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <content>Answers that take time.</content>
internal sealed partial class StubHandler
{
    /// <summary>Has the upstream answer.</summary>
    private async ValueTask ForwardAsync(HttpExchange exchange, IUpstream upstream)
    {
        if (await upstream.ForwardAsync(exchange).ConfigureAwait(false) is not { } refusal)
        {
            return;
        }

        exchange.Answer(((IHttpHandler)this).Refuse(exchange, refusal.Status, refusal.Explanation));
        if (refusal.Fault is { } fault)
        {
            exchange.Fault(fault);
        }
    }

    public void Dispose() => _options.Upstream?.Dispose();

    private async ValueTask SendAsync(HttpExchange exchange, StubAnswer answer, HttpRequestRecord request)
    {
        (int least, int most) = answer.DelayMilliseconds;
        if (most > 0)
        {
            await exchange.DelayAsync(TimeSpan.FromMilliseconds(Random.Shared.NextInt64(least, most + 1L))).ConfigureAwait(false);
        }

        if (answer.Script is not null)
        {
            // The script goes on when the client has left: it may do more than answer.
            if (_options.Scripts is not { } scripts
                || await scripts.AnswerAsync(answer, request).WaitAsync(exchange.Ended).ConfigureAwait(false) is not { } made)
            {
                exchange.Answer(((IHttpHandler)this).Refuse(exchange, 500,
                    "The script block of this route failed. The job has the error."));
                return;
            }

            await SendAsync(exchange, made with { Script = null }, request).ConfigureAwait(false);
            return;
        }

        if (answer.Service is { } service)
        {
            await service.ServeAsync(exchange, answer, request, this).ConfigureAwait(false);
            return;
        }

        if (answer.Status < 200)
        {
            // An interim response; the final one follows (RFC 9110, section 15.2).
            await exchange.InformAsync(answer.Status, answer.FieldLines).ConfigureAwait(false);
            answer = answer with { Status = 200 };
        }

        using AnswerBody body = AnswerBody.Open(answer);
        if (answer.Fault is { } fault)
        {
            FaultyAnswer faulty = new(answer, fault, body.Keep(), exchange.Request.Method == HttpMethod.Head);
            exchange.TakeOver(faulty.RecordedStatus, faulty.ServeAsync);
        }
        else if (answer.HeadLength is { } length && exchange.Request.Method == HttpMethod.Head)
        {
            await exchange.StartAsync(answer.Status, answer.FieldLines, length).ConfigureAwait(false);
        }
        else if (answer.BytesPerSecond > 0 || answer.Trailers.Count > 0)
        {
            await exchange.StartAsync(answer.Status, answer.FieldLines, answer.Trailers.Count > 0 ? -1 : body.Length).ConfigureAwait(false);
            exchange.SetTrailers(FieldLines.Format(answer.Trailers));
            long sent = exchange.SendsBody ? body.Length : 0;
            await body.SendAsync(exchange.WriteAsync, 0, sent, answer.BytesPerSecond, exchange.DelayAsync).ConfigureAwait(false);
        }
        else if (answer.File is not null && answer.Status == 200 && exchange.Request.Method is HttpMethod.Get or HttpMethod.Head)
        {
            AnswerFile(exchange, FileAnswer.Of(answer, body), body.ToContent());
        }
        else
        {
            exchange.Answer(answer.Status, answer.FieldLines, body.ToContent());
        }
    }

    private void AnswerFile(HttpExchange exchange, SelectableResponse whole, Content content)
    {
        if (!exchange.Request.IsSelective || !Selection.TryAnswer(exchange, whole, content, ((IHttpHandler)this).Refuse))
        {
            exchange.Answer(whole.Status, whole.Fields, content);
        }
        else if (exchange.Content.File is null)
        {
            content.File!.Dispose();
        }
    }
}
