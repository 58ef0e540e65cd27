using System.Diagnostics;
using System.Globalization;
using System.Net;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>One attempt at a web server: the request, the redirects after it, and the judgement.</summary>
internal sealed class HttpCheckRun(HttpCheckOptions options, CheckedNames names, HttpUri uri)
{
    private const int MostRemarks = 20;

    private static readonly TimeSpan s_closePatience = TimeSpan.FromMilliseconds(100);

    // They are for one server only.
    private static readonly string[] s_secrets = ["Authorization", "Cookie", "Host"];

    private readonly List<HttpHop> _hops = [];
    private readonly List<string> _remarks = [];
    private readonly List<(string Origin, PeerCheck Check)> _certificates = [];
    private int _moreRemarks;
    private HttpClientConnection? _connection;
    private HttpUri? _connected;
    private DialTrace? _trace;
    private RoundTrip? _trip;

    /// <summary>Makes the attempt. Whatever goes wrong is in the result.</summary>
    internal async Task<HttpEndpointResult> RunAsync(int attempt, CancellationToken cancellationToken)
    {
        DateTime time = DateTime.Now;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        bool isDone = false;
        try
        {
            (HttpEndpointStatus status, string? reason) = await TryAsync(limit.Token, cancellationToken).ConfigureAwait(false);
            isDone = true;
            await LoopThread.Leave();
            if (status == HttpEndpointStatus.Passed)
            {
                (status, reason) = HttpVerdict.Of(options, _trip!, _certificates);
            }

            return new HttpEndpointResult(uri.ToString(), _hops)
            {
                Status = status,
                Reason = reason,
                Version = _trip?.Head?.Version,
                Headers = _trip?.Head?.Fields ?? HttpFields.None,
                Certificate = _trace?.Check?.Describe(_hops.Count > 0 ? _hops[^1].Uri : null),
                Remarks = new(_moreRemarks == 0 ? _remarks : _remarks.Append($"There are {_moreRemarks} more remarks.")),
                Attempt = attempt,
                Began = time,
            };
        }
        finally
        {
            await DropAsync(inGoodOrder: isDone).ConfigureAwait(false);
        }
    }

    private async Task<(HttpEndpointStatus Status, string? Reason)> TryAsync(CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            return await FollowAsync(limit, cancellationToken).ConfigureAwait(false);
        }
        catch (NetLabException fault)
        {
            bool isCutOff = fault.Kind == FaultKind.ConnectionReset && _trip?.Head is not null;
            return (isCutOff ? HttpEndpointStatus.Truncated : HttpVerdict.Of(fault.Kind), fault.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            string peer = _hops[^1].Uri;
            NetLabException fault = _trip is null
                ? new NetLabException(
                    FaultKind.ConnectTimeout,
                    $"There was no connection to {peer} within {TimeText.Seconds(options.Timeout)}. "
                        + "Check the address and any firewall on the way.")
                : ResponseFaults.TimedOut(peer, options.Timeout, _trip.Head, _connection?.BytesReceived ?? 0, _trip.BodyLength);
            return (HttpEndpointStatus.TimedOut, fault.Message);
        }
    }

    private async Task<(HttpEndpointStatus Status, string? Reason)> FollowAsync(
        CancellationToken limit, CancellationToken cancellationToken)
    {
        HttpUri next = uri;
        byte[][] body = options.Body.Length > 0 ? [options.Body] : [];
        RequestMessage request = new() { Method = options.Method, Fields = options.Fields, Body = body };
        HashSet<string> seen = [];
        while (true)
        {
            seen.Add($"{request.Method} {next}");
            await AskAsync(next, request, limit, cancellationToken).ConfigureAwait(false);
            ReceivedHead head = _trip!.Head!;
            if (head.Status is not (301 or 302 or 303 or 307 or 308) || options.MostRedirects == 0
                || head.Fields["Location"] is not { } location)
            {
                return (HttpEndpointStatus.Passed, null);
            }

            _hops[^1].Location = PeerText.Visible(location);
            HttpUri target;
            try
            {
                target = next.Resolve(location);
            }
            catch (NetLabException)
            {
                return (
                    HttpEndpointStatus.RedirectFailed,
                    $"{next} redirects to '{PeerText.Shown(location)}', which is not the URI of a web page.");
            }

            if (_hops.Count > options.MostRedirects)
            {
                return (
                    HttpEndpointStatus.RedirectFailed,
                    $"There are more than {options.MostRedirects} redirects; the next would be {target}. "
                        + "Raise -MaximumRedirection if that is right.");
            }

            request = Redirected(request, head.Status, next, target);
            if (seen.Contains($"{request.Method} {target}"))
            {
                return (HttpEndpointStatus.RedirectFailed, $"The redirects lead in a circle: {next} leads back to {target}.");
            }

            next = target;
        }
    }

    /// <summary>The request after a redirect (RFC 9110, section 15.4).</summary>
    private RequestMessage Redirected(RequestMessage request, int status, HttpUri from, HttpUri to)
    {
        bool becomesGet = (status == 303 && request.Method is not ("GET" or "HEAD")) || (status is 301 or 302 && request.Method == "POST");
        if (becomesGet)
        {
            request = request with
            {
                Method = "GET",
                Body = [],
                Fields = [.. request.Fields.Where(static field => !field.Name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))],
            };
        }

        if (from.IsSecure && !to.IsSecure)
        {
            Remark([$"{from} redirects from https to http."]);
        }

        if (!from.IsSameOrigin(to) && request.Fields.Any(IsSecret))
        {
            string secrets = string.Join(", ", request.Fields.Where(IsSecret).Select(static field => field.Name));
            Remark([$"{secrets} was not sent to {to.Origin}, which is another origin."]);
            request = request with { Fields = [.. request.Fields.Where(static field => !IsSecret(field))] };
        }

        if (to.IsSecure && !to.IsSameOrigin(uri) && options.Connect.Tls.Certificate is not null)
        {
            Remark([$"-ClientCertificate was not offered to {to.Origin}, which is another origin."]);
        }

        return request;
    }

    /// <summary>Notes remarks, each once, and of a server that gives reason for very many only how many there are.</summary>
    private void Remark(IEnumerable<string> remarks)
    {
        string[] more = [.. remarks.Except(_remarks)];
        int room = Math.Min(more.Length, MostRemarks - _remarks.Count);
        _remarks.AddRange(more.Take(room));
        _moreRemarks += more.Length - room;
    }

    private static bool IsSecret(HttpField field) => s_secrets.Contains(field.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes one request.</summary>
    private async Task AskAsync(HttpUri to, RequestMessage message, CancellationToken limit, CancellationToken cancellationToken)
    {
        HttpHop hop = new(message.Method, to.ToString());
        _hops.Add(hop);
        RequestMessage request = Complete(message, to);
        bool reuses = _connection is not null && _connected!.IsSameOrigin(to) && _connection.MayReuse();
        while (true)
        {
            if (!reuses)
            {
                await DropAsync(inGoodOrder: true).ConfigureAwait(false);
            }

            try
            {
                await AskOnceAsync(to, request, hop, reuses, limit, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (NetLabException fault) when (reuses && IsClosed(fault) && _trip?.Head is null && IsIdempotent(request))
            {
                // The server closed the connection just before the request arrived (RFC 9112, section 9.3.1).
                reuses = false;
            }
        }
    }

    private async Task AskOnceAsync(
        HttpUri to, RequestMessage request, HttpHop hop, bool reuses, CancellationToken limit, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        DialTrace? trace = null;
        _trip = null;
        hop.Reused = reuses;
        try
        {
            if (!reuses)
            {
                _trace = trace = new DialTrace();
                IPAddress[] known = await AddressesAsync(options.Connect.Proxy ?? to, trace, limit).ConfigureAwait(false);
                HttpConnectOptions connect = ConnectOptions(to) with { Known = known };
                _connection = await HttpConnector.ConnectForCheckAsync(
                    to, connect, trace, limit, cancellationToken).ConfigureAwait(false);
                _connected = to;
            }

            _trip = new RoundTrip(_connection!, to.Origin, new RoundTripOptions
            {
                Method = request.Kind,
                MostBodyBytes = options.Match is null ? 0 : HttpCheckOptions.MostMatchedBytes,
                CountsRest = true,
            });
            await _trip.RunAsync(request.Head(), request.Content(), limit).ConfigureAwait(false);
        }
        finally
        {
            hop.Phases = HttpPhases.Of(started, trace, _trip, _trip?.EndedAt ?? Stopwatch.GetTimestamp());
            hop.StatusCode = _trip?.Head?.Status;
            hop.Bytes = _trip?.BodyLength ?? 0;
            hop.Remote = _trace?.Remote;
            if (trace?.Check is { } check)
            {
                _certificates.Add((to.Origin, check));
            }

            Remark(_trip is null ? [] : HttpRemarks.Of(_trip));
        }
    }

    /// <summary>How to connect: the certificate of this side is for the server that the user named, and for no other.</summary>
    private HttpConnectOptions ConnectOptions(HttpUri to)
        => to.IsSameOrigin(uri) ? options.Connect : options.Connect with { Tls = options.Connect.Tls with { Certificate = null } };

    private async Task<IPAddress[]> AddressesAsync(HttpUri to, DialTrace trace, CancellationToken limit)
    {
        if (options.Overrides.FirstOrDefault(one => one.Fits(to.Host, to.Port)) is { } replaced)
        {
            return replaced.Addresses;
        }

        CheckedName name = names.Get(to.Host);
        bool isKnown = name.IsKnown(Repetition.MostAge);
        Resolution resolution = await name.ResolveAsync(Repetition.MostAge).WaitAsync(limit).ConfigureAwait(false);
        trace.Resolved = isKnown || resolution.Duration is null ? null : Stopwatch.GetTimestamp();
        return resolution.Fault is { } fault ? throw fault : resolution.Addresses;
    }

    /// <summary>Adds what every request has: whom it is for, who asks, and how long its body is.</summary>
    private RequestMessage Complete(RequestMessage message, HttpUri to)
    {
        List<HttpField> fields = [];
        Add("Host", to.HostField);
        fields.AddRange(message.Fields);
        fields.AddRange(options.Connect.Proxy is null || to.IsSecure ? [] : options.Connect.ProxyFields);
        Add("User-Agent", "PSNetLab");
        Add("Accept", "*/*");
        if (message.BodyLength > 0 || message.Method is "POST" or "PUT" or "PATCH")
        {
            Add("Content-Length", message.BodyLength.ToString(CultureInfo.InvariantCulture));
        }

        return message with { Target = HttpConnector.Target(to, options.Connect), Fields = fields };

        void Add(string name, string value)
        {
            if (!message.Fields.Any(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                fields.Add(new HttpField(name, value));
            }
        }
    }

    private static bool IsClosed(NetLabException fault) => fault.Kind is FaultKind.NoResponse or FaultKind.ConnectionReset;

    private static bool IsIdempotent(RequestMessage request)
        => request.Method is "GET" or "HEAD" or "PUT" or "DELETE" or "OPTIONS" or "TRACE";

    private async ValueTask DropAsync(bool inGoodOrder)
    {
        if (_connection is not { } connection)
        {
            return;
        }

        _connection = null;
        if (inGoodOrder)
        {
            // Whoever has the result finds no socket of it open.
            await connection.CloseAsync(s_closePatience).ConfigureAwait(false);
        }
        else
        {
            connection.Dispose();
        }
    }
}
