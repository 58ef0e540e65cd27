using System.Diagnostics;
using System.Text;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.Server;

/// <content>From requests to answers.</content>
internal sealed partial class HttpConnection
{
    private static readonly KeyValuePair<string, string> s_allow = FieldLines.Field("Allow", "GET, HEAD, OPTIONS");

    private bool _last;
    private string? _user;
    private bool _hasUnreadBody;

    /// <summary>What comes after the answers that could be given at once.</summary>
    private enum Step
    {
        /// <summary>Perhaps one more.</summary>
        Next,

        /// <summary>The next request is not there yet, or not all of it.</summary>
        NeedsBytes,

        /// <summary>The next request, or the sending, has to wait for something.</summary>
        NeedsTime,

        /// <summary>The connection ends.</summary>
        Last,

        /// <summary>The client has gone, or its time is over: nothing more is to be answered.</summary>
        Gone,
    }

    private bool KeepsAlive => _request.KeepAlive && !_isTurnedAway && !_host.IsStopping;

    /// <summary>Answers every complete request that needs nothing but what is in memory, and sends the answers together.</summary>
    private Step AnswerAtOnce()
    {
        using ResponseWriter writer = ResponseWriter.Lend();
        while (true)
        {
            Step step = AnswerNext(writer, out Tail tail);
            if (step == Step.Next && _received.Count == 0)
            {
                step = Step.NeedsBytes;
            }

            if (step == Step.Next && tail.Content.IsEmpty && !writer.IsFull)
            {
                continue;
            }

            if (!TrySend(writer.Written, tail))
            {
                _last |= step == Step.Last;
                step = Step.NeedsTime;
            }
            else if (step == Step.Next)
            {
                writer.Clear();
                continue;
            }

            return step;
        }
    }

    /// <param name="writer">Where the answer goes.</param>
    /// <param name="tail">The content of the answer, where it is too long to be worth a copy.</param>
    private Step AnswerNext(ResponseWriter writer, out Tail tail)
    {
        tail = default;
        ReadOnlySpan<byte> pending = _received.Pending;
        switch (_request.Parse(pending, _options.Limits))
        {
            case ParseStatus.Incomplete:
                return Step.NeedsBytes;
            case ParseStatus.Failed:
                return Step.NeedsTime;
        }

        ReadOnlySpan<byte> head = pending[.._request.HeadLength];
        if (_request.HasBody || (Refuse(head) ?? TryFind(head)) is not { } resource)
        {
            return Step.NeedsTime;
        }

        long started = Stopwatch.GetTimestamp();
        bool keepAlive = KeepsAlive;
        Body body = Responder.Write(writer, _request, head, new Answer(resource), _site, keepAlive, out int status);
        tail = AppendOrLeave(writer, body);
        if (!tail.Content.IsEmpty && _transport is EpollTransport && resource is FileForm form)
        {
            tail = tail with { File = form.InMemory };
        }

        // The record is there before the answer is, so that whoever has the answer finds the record.
        if (NewRecord(head, resource) is { } record)
        {
            Complete(record, status, body.Length, started, completed: true);
        }

        Count(body.Length);
        _received.Take(head.Length);
        _request.Reset();
        return keepAlive ? Step.Next : Step.Last;
    }

    /// <summary>Answers the next request, however long that takes.</summary>
    private async Task AnswerAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        if (_last || _received.Count == 0)
        {
            return;
        }

        ParseStatus parsed = _request.Parse(_received.Pending, _options.Limits);
        if (parsed == ParseStatus.Incomplete)
        {
            return;
        }

        long started = Stopwatch.GetTimestamp();
        byte[] head;
        Answer answer;
        if (parsed == ParseStatus.Failed)
        {
            head = _received.Pending.ToArray();
            answer = new Answer(_site.StatusPage(_request.FailedStatus, _request.FailedReason));
            _last = true;
        }
        else
        {
            head = _received.Pending[.._request.HeadLength].ToArray();
            _received.Take(head.Length);
            string? fault = _request.HasBody ? await SkipBodyAsync().ConfigureAwait(false) : null;
            answer = fault is not null ? new Answer(_site.StatusPage(400, fault))
                : Refuse(head) is { } refusal ? new Answer(refusal)
                : await FindAsync(head).ConfigureAwait(false);
            _last = fault is not null || _hasUnreadBody || !KeepsAlive;
        }

        using (answer.File)
        {
            await SendAsync(head, answer, started).ConfigureAwait(false);
        }

        _request.Reset();
    }

    /// <summary>What every request gets that is not for a file; null for one that is.</summary>
    private Resource? Refuse(ReadOnlySpan<byte> head)
    {
        _user = null;
        if (_isTurnedAway)
        {
            return _site.StatusPage(503, "The server has as many connections as it may have. Try again in a moment.", FieldLines.Field("Retry-After", "1"));
        }

        if (_request.HasUnknownExpectation)
        {
            return _site.StatusPage(417, "The server knows no expectation but 100-continue.");
        }

        if (_options.Credential is { } credential)
        {
            _user = credential.IsValid(_request.Get(HttpHeader.Authorization, head)) ? credential.User : null;
            if (_user is null && !(_options.Cors && _request.Method == HttpMethod.Options))
            {
                return _site.StatusPage(401, "This server wants a user name and a password.", FieldLines.Field("WWW-Authenticate", "Basic realm=\"files\", charset=\"UTF-8\""));
            }
        }

        return _request.Method switch
        {
            HttpMethod.Get or HttpMethod.Head => null,
            HttpMethod.Options => _options.Cors && _request.Has(HttpHeader.AccessControlRequestMethod)
                ? _site.Bare(204, s_allow, FieldLines.Field("Access-Control-Allow-Methods", s_allow.Value), FieldLines.Field("Access-Control-Allow-Headers", Requested(head)), FieldLines.Field("Access-Control-Max-Age", "600"))
                : _site.Bare(204, s_allow),
            HttpMethod.Unknown => _site.StatusPage(501, "The server does not know this method."),
            _ => _site.StatusPage(405, "The server only hands out files: GET, HEAD and OPTIONS.", s_allow),
        };
    }

    private string Requested(ReadOnlySpan<byte> head)
        => _request.Has(HttpHeader.AccessControlRequestHeaders) ? Encoding.Latin1.GetString(_request.Get(HttpHeader.AccessControlRequestHeaders, head)) : "*";

    /// <summary>What was sent before for the same path and is still right.</summary>
    private FileForm? TryFind(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> target = _request.Target(head);
        int query = target.IndexOf((byte)'?');
        if (query < 0)
        {
            return _site.TryFind(target, AcceptEncodingOf(head));
        }

        // What is no target is found out where it is decoded.
        return target[query..].Contains((byte)'#') ? null : _site.TryFind(target[..query], AcceptEncodingOf(head));
    }

    /// <summary>A range is one of the file as it is.</summary>
    private ReadOnlySpan<byte> AcceptEncodingOf(ReadOnlySpan<byte> head)
        => _request.Has(HttpHeader.Range) ? default : _request.Get(HttpHeader.AcceptEncoding, head);

    private async ValueTask<Answer> FindAsync(byte[] head)
    {
        if (Read(head, out Resource? fault) is not { } page)
        {
            return new Answer(fault!);
        }

        try
        {
            if (_site.TryOpen(page) is { } again)
            {
                return again;
            }

            // Off this thread: it may be the one that serves all sockets, and a disk may be slow.
            return await Task.Run(() => _site.FindAsync(page)).ConfigureAwait(false);
        }
        catch (NetLabException error) when (error.Kind == FaultKind.TooManyOpenFiles)
        {
            _host.Report(error, RemoteEndPoint);
            return new Answer(_site.StatusPage(503, "The server has no more file descriptors. Try again in a moment.", FieldLines.Field("Retry-After", "1")));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _host.Report(new NetLabException(FaultKind.FileUnreadable, $"'{page.Path}' could not be served: {error.Message}", error), RemoteEndPoint);
            return new Answer(_site.StatusPage(500, "The file could not be read."));
        }
    }

    private PageRequest? Read(ReadOnlySpan<byte> head, out Resource? fault)
    {
        fault = null;
        ReadOnlySpan<byte> target = _request.Target(head);
        TargetForm form = HttpTarget.TryDecode(target, out string path, out Range raw, out PathFault pathFault);
        if (form is not (TargetForm.Origin or TargetForm.Absolute))
        {
            fault = _site.StatusPage(400, "The request target is neither a path nor a URL.");
            return null;
        }

        if (pathFault != PathFault.None)
        {
            // A name with a slash in it does not exist; the others are no names.
            fault = pathFault == PathFault.EncodedSlash
                ? _site.StatusPage(404, "There is no such file here.")
                : _site.StatusPage(400, "The path in the request is not valid.");
            return null;
        }

        ReadOnlySpan<byte> rest = target[raw.End..];
        return new PageRequest(
            path,
            target[raw] is { IsEmpty: false } key ? key.ToArray() : "/"u8.ToArray(),
            rest.StartsWith("?"u8) ? Encoding.Latin1.GetString(rest) : string.Empty,
            AcceptEncodingOf(head).ToArray(),
            _request.Has(HttpHeader.Accept) && Accept.PrefersJson(_request.Get(HttpHeader.Accept, head)));
    }

    /// <summary>Answers a request that did not come in time, as far as that is possible at once.</summary>
    private void Expire()
    {
        using ResponseWriter writer = ResponseWriter.Lend();
        Resource page = _site.StatusPage(408, $"The request did not arrive within {_options.RequestTimeout.TotalSeconds} s.");
        Body body = Responder.Write(writer, _request, default, new Answer(page), _site, keepAlive: false, out int status);
        writer.Append(body.Content);
        bool isSent = _transport.TrySend(writer.Written) == writer.Count;
        long bytes = isSent ? body.Length : 0;
        Count(bytes);
        if (NewRecord(default, page) is { } record)
        {
            Complete(record, status, bytes, Stopwatch.GetTimestamp(), isSent);
        }
    }
}
