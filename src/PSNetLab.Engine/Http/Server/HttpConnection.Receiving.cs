using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <content>Receives heads, and answers what does not come in time.</content>
internal sealed partial class HttpConnection
{
    // A copy of the head, for when the receive buffer may no longer hold it.
    private byte[]? _head;
    private bool _hasHead;

    /// <summary>The head of the current request; empty if it is incomplete or malformed.</summary>
    internal ReadOnlySpan<byte> Head => _head is not null ? _head : _hasHead ? _received.Pending[.._request.HeadLength] : default;

    /// <summary>Call this before waiting for bytes; false if the server is stopping and no request has begun.</summary>
    /// <remarks>Not part of an asynchronous method that waits, which would allocate for every request.</remarks>
    private bool TryBeginWait(Phase waiting)
    {
        Volatile.Write(ref _phase, (int)waiting);
        return !_host.IsStopping || waiting != Phase.Idle;
    }

    /// <summary>Receives, and answers everything that can be answered at once; null if nothing was there to receive.</summary>
    private Step? ReceiveAndAnswer(Phase waiting)
    {
        using ReceiveBuffer.Lease lease = _received.Lend();
        return Receive(lease, waiting) switch
        {
            > 0 => AnswerAtOnce(),
            0 => Step.Gone,
            _ => null,
        };
    }

    /// <summary>Answers requests that were received earlier.</summary>
    private Step AnswerKept()
    {
        using ReceiveBuffer.Lease lease = _received.Lend();
        return AnswerAtOnce();
    }

    /// <summary>
    /// Reads once; returns the number of bytes, 0 if no more will come, -1 if there is nothing yet. If the request has run
    /// out of time, answers 408 and returns 0.
    /// </summary>
    private int Receive(ReceiveBuffer.Lease lease, Phase waiting)
    {
        int count = _transport.TryReceive(lease.Free);
        if (count < 0)
        {
            return count;
        }

        if (!TryChange(waiting, Phase.Working))
        {
            if (Current == Phase.Expired)
            {
                Expire();
            }

            return 0;
        }

        lease.Advance(count);
        _bytesReceived += count;
        return count;
    }

    /// <summary>Copies the head until the request is answered, so that the bytes after it can be consumed.</summary>
    private void KeepHead()
    {
        _head = _exchange.Record?.Head ?? _received.Pending[.._request.HeadLength].ToArray();
        _received.Take(_head.Length + _bodyTaken);
        _bodyTaken = 0;
    }

    private void CloseExchange()
    {
        ReleaseBody();
        _exchange.Close();
        if (_request.HasBody)
        {
            _body = BodyReader.None;
            _ticksAwaited = _bytesAwaited = 0;
        }

        _request.Reset();
        _head = null;
        _hasHead = _hasContinued = _hasBegun = false;
        _bodyTaken = 0;
    }

    /// <summary>Sends 100 (Continue) once, if the client waits for it (RFC 9110, section 10.1.1).</summary>
    internal async ValueTask ContinueAsync()
    {
        if (_request.ExpectsContinue && !_hasContinued && !_isStreaming)
        {
            _hasContinued = true;
            await InformAsync(100, []).ConfigureAwait(false);
        }
    }

    private bool TryReceive(Phase waiting, out bool ended)
    {
        using ReceiveBuffer.Lease lease = _received.Lend();
        int count = Receive(lease, waiting);
        ended = count == 0;
        return count >= 0;
    }

    private string TooLate => $"The request did not arrive within {TimeText.Seconds(_options.RequestTimeout)}.";

    /// <summary>
    /// Answers 408 to a request that did not arrive in time, if it has no other answer and the system accepts this one without waiting.
    /// </summary>
    private void Expire()
    {
        if (_hasBegun)
        {
            return;
        }

        if (!_exchange.IsOpen)
        {
            OpenExchange();
        }

        Refuse(408, TooLate);
        using ResponseWriter writer = ResponseWriter.Lend();
        writer.Append(Write(writer, keepAlive: false).Bytes.Span);
        BeginSend();
        try
        {
            writer.Answers.Sent = _transport.TrySend(writer.Written);
            Tell(writer.Answers);
        }
        finally
        {
            EndSend();
        }
    }
}
