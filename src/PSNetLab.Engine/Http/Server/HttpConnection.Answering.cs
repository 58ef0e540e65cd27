using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <content>From requests to answers.</content>
internal sealed partial class HttpConnection
{
    // How many requests are answered between two looks at the clock.
    private const int RequestsPerLook = 16;

    private bool _last;
    private bool _isGone;

    // Whether the answer to the current request has begun to be sent: it gets no other one.
    private bool _hasBegun;

    /// <summary>What to do after the answers that could be given at once.</summary>
    private enum Step
    {
        /// <summary>Try to answer another request at once.</summary>
        Next,

        /// <summary>Receive: the next request has not arrived completely.</summary>
        NeedsBytes,

        /// <summary>Continue asynchronously: the next request, or sending, has to wait for something.</summary>
        NeedsTime,

        /// <summary>Let others go first, and then continue.</summary>
        NeedsTurn,

        /// <summary>Close the connection: the last answer was given.</summary>
        Last,

        /// <summary>Close the connection without another answer: the client has left, or its time is up.</summary>
        Gone,
    }

    private bool KeepsAlive => _hasHead && _request.KeepAlive && !_exchange.IsTunnel && !_isTurnedAway && !_host.IsStopping;

    internal void Fault(NetLabException fault) => _host.Report(fault, RemoteEndPoint);

    /// <summary>Answers every complete request that can be answered from memory, and sends the answers together.</summary>
    private Step AnswerAtOnce()
    {
        using ResponseWriter writer = ResponseWriter.Lend();
        for (int taken = 1; ; taken++)
        {
            Step step = AnswerNext(writer, out Content left);
            if (step == Step.Next && _received.Count == 0)
            {
                step = Step.NeedsBytes;
            }

            if (step == Step.Next && taken % RequestsPerLook == 0 && _transport.IsTurnOver)
            {
                step = Step.NeedsTurn;
            }

            if (step == Step.Next && left.IsEmpty && !writer.IsFull)
            {
                continue;
            }

            if (!TrySend(writer, left))
            {
                _last |= step == Step.Last;
                return Step.NeedsTime;
            }

            if (step != Step.Next)
            {
                return step;
            }
        }
    }

    /// <param name="writer">Receives the answer.</param>
    /// <param name="left">The content of the answer, if it is too long to copy into the writer.</param>
    private Step AnswerNext(ResponseWriter writer, out Content left)
    {
        left = Content.None;
        if (!TryOpen())
        {
            return Step.NeedsBytes;
        }

        if (!TryAnswer() || _body.Status == ParseStatus.Incomplete || _exchange.Content.File is not null || _exchange.Takeover is not null)
        {
            return Step.NeedsTime;
        }

        bool keepAlive = KeepsAlive;
        left = Write(writer, keepAlive);
        _received.Take(Head.Length + _bodyTaken);
        CloseExchange();
        return keepAlive ? Step.Next : Step.Last;
    }

    /// <summary>Opens the exchange of the next request; false if its head has not arrived completely.</summary>
    private bool TryOpen()
    {
        ParseStatus status = _request.Parse(_received.Pending, _options.Limits);
        if (status == ParseStatus.Incomplete)
        {
            return false;
        }

        _hasHead = status == ParseStatus.Complete;
        if (_hasHead && _request.HasBody)
        {
            _body = _request.Body;
        }

        OpenExchange();
        return true;
    }

    private void OpenExchange()
    {
        _exchange.Open(_options.Observer is null ? null : MakeRecord());
    }

    /// <summary>A record of the current request.</summary>
    internal HttpRequestRecord MakeRecord() => _hasHead
        ? new(Id, RemoteEndPoint, Head.ToArray()) { Tls = _transport.Tls }
        : new(Id, RemoteEndPoint, VersionText) { Tls = _transport.Tls };

    private string VersionText => _request.Version switch
    {
        HttpVersion.Http10 => "HTTP/1.0",
        HttpVersion.Http11 => "HTTP/1.1",
        _ => string.Empty,
    };

    /// <summary>Answers on this thread; false if the handler needs to work asynchronously.</summary>
    private bool TryAnswer()
    {
        if (!_hasHead)
        {
            Refuse(_request.FailedStatus, _request.FailedReason);
        }
        else if (_isTurnedAway)
        {
            Refuse(503, "The server has reached its connection limit. Try again in a moment.", FieldLines.Field("Retry-After", "1"));
        }
        else if (_request.HasUnknownExpectation)
        {
            Refuse(417, "The only expectation this server supports is 100-continue.");
        }
        else
        {
            try
            {
                return _handler.TryHandle(_exchange);
            }
            catch (Exception error)
            {
                Fail(error);
            }
        }

        return true;
    }

    private void Refuse(int status, string explanation, params KeyValuePair<string, string>[] fields)
    {
        _exchange.TakeBack();
        _exchange.Answer(_handler.Refuse(_exchange, status, explanation, fields));
    }

    private void Fail(Exception error)
    {
        Fault(new NetLabException(FaultKind.RequestFailed, $"A request could not be answered: {error.Message}", error));
        Refuse(500, "The server could not answer this request.");
    }

    /// <summary>Sends what is still unsent, then answers the open request, however long that takes.</summary>
    private async Task AnswerAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        if (_last || !_exchange.IsOpen)
        {
            return;
        }

        KeepHead();
        if (!_exchange.IsAnswered)
        {
            await HandleAsync().ConfigureAwait(false);
        }

        if (_exchange.Takeover is { } serve)
        {
            await ServeTakeoverAsync(serve).ConfigureAwait(false);
        }
        else
        {
            await EndAnswerAsync().ConfigureAwait(false);
        }

        CloseExchange();
    }

    private async ValueTask EndAnswerAsync()
    {
        if (_hasBegun)
        {
            await EndStreamAsync().ConfigureAwait(false);
        }
        else
        {
            if (await SkipBodyAsync(waits: false).ConfigureAwait(false) is { } fault)
            {
                Refuse(400, fault);
            }

            _last = _hasUnreadBody || !KeepsAlive;
            _hasBegun = true;
            await SendAnswerAsync().ConfigureAwait(false);
        }

        if (_last)
        {
            _hasUnreadBody |= !HasReadBody;
        }
        else
        {
            _last = await SkipBodyAsync(waits: true).ConfigureAwait(false) is not null || _hasUnreadBody;
        }
    }

    /// <summary>Lets the handler answer asynchronously. This is the only call of HandleAsync, and never on a loop thread.</summary>
    private async ValueTask HandleAsync()
    {
        await LoopThread.Leave();
        try
        {
            await _handler.HandleAsync(_exchange).ConfigureAwait(false);
            if (!_exchange.IsAnswered)
            {
                throw new InvalidOperationException("The handler gave no answer.");
            }
        }
        catch (OperationCanceledException) when (_wasReset || _host.IsStopping || Current == Phase.Ended)
        {
            // What was waited for comes no more, since the client has left or the server stops: nobody gets an answer, or is told why.
            NoteLeft();
            ResetOpenStream();
            throw;
        }
        catch (Exception) when (_isGone)
        {
            ResetOpenStream();
            throw;
        }
        catch (Exception error)
        {
            if (_hasBegun)
            {
                if (_isStreaming || _body.Status != ParseStatus.Failed)
                {
                    Fault(new NetLabException(FaultKind.RequestFailed, $"An answer broke off: {error.Message}", error));
                }

                _last = _isStreamBroken = true;
                ResetOpenStream();
            }
            else if (_body.Status == ParseStatus.Failed)
            {
                Refuse(400, _body.Fault);
            }
            else if (Current == Phase.Expired)
            {
                Refuse(408, error.Message);
            }
            else
            {
                Fail(error);
            }
        }
    }

    private void ResetOpenStream()
    {
        if (_isStreaming && _exchange.EndsByClose)
        {
            // A plain close would look like the end of the content.
            ResetAtEnd();
        }
    }
}
