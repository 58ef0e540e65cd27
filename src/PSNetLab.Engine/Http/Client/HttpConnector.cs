using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Client;

/// <summary>How to reach servers.</summary>
internal sealed record HttpConnectOptions
{
    internal TimeSpan Timeout { get; init; } = DialOptions.DefaultTimeout;

    internal IPEndPoint? LocalEndPoint { get; init; }

    /// <summary>How to speak TLS to https.</summary>
    internal TlsClientOptions Tls { get; init; } = new() { Alpn = ["http/1.1"] };

    /// <summary>The proxy to go through; null for none, whatever the environment says.</summary>
    internal HttpUri? Proxy { get; init; }

    /// <summary>Fields that are for the proxy only, such as a login.</summary>
    internal IReadOnlyList<HttpField> ProxyFields { get; init; } = [];

    /// <summary>Whether malformed heads are read as well as that is possible; if not, they are faults.</summary>
    internal bool Mends { get; init; } = true;

    /// <summary>The addresses of the server, or of the proxy; null to look them up.</summary>
    internal IPAddress[]? Known { get; init; }
}

/// <summary>Opens connections for HTTP: directly, or through a proxy; with TLS for https.</summary>
internal static class HttpConnector
{
    private const int ProxyLogin = 407;

    /// <summary>Opens a connection on which requests for the URI can be sent.</summary>
    /// <param name="uri">Where to.</param>
    /// <param name="options">How.</param>
    /// <param name="trace">Gets what happened.</param>
    /// <param name="limit">Cancelled at the time limit, and with the other token.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NetLabException">It cannot be opened.</exception>
    internal static async Task<HttpClientConnection> ConnectAsync(
        HttpUri uri, HttpConnectOptions options, DialTrace trace, CancellationToken limit, CancellationToken cancellationToken)
    {
        HttpUri next = options.Proxy ?? uri;
        DialOptions dial = new()
        {
            Host = next.Host,
            Port = next.Port,
            Known = options.Known,
            Timeout = options.Timeout,
            LocalEndPoint = options.LocalEndPoint,

            // A head and a body may be two small packets, and the second must not wait for the first to be acknowledged.
            NoDelay = true,
        };
        Transport transport = await StreamDialer.ConnectAsync(dial, trace, limit, cancellationToken).ConfigureAwait(false);
        if (options.Proxy is { } proxy)
        {
            if (proxy.IsSecure)
            {
                transport = await StreamDialer.SecureAsync(
                    transport, dial, options.Tls with { Certificate = null }, new(), limit, cancellationToken).ConfigureAwait(false);
            }

            if (uri.IsSecure)
            {
                await TunnelAsync(transport, uri, proxy, options, limit, cancellationToken).ConfigureAwait(false);
            }
        }

        if (uri.IsSecure)
        {
            DialOptions origin = dial with { Host = uri.Host, Port = uri.Port };
            transport = await StreamDialer.SecureAsync(
                transport, origin, options.Tls, trace, limit, cancellationToken).ConfigureAwait(false);
        }

        return new HttpClientConnection(uri.Origin, transport, mends: options.Mends);
    }

    /// <summary>Does so for a check: while the process is out of descriptors, it waits for one until the time limit.</summary>
    /// <inheritdoc cref="ConnectAsync"/>
    internal static async Task<HttpClientConnection> ConnectForCheckAsync(
        HttpUri uri, HttpConnectOptions options, DialTrace trace, CancellationToken limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ConnectAsync(uri, options, trace, limit, cancellationToken).ConfigureAwait(false);
            }
            catch (NetLabException fault) when (fault.Kind == FaultKind.TooManyOpenFiles)
            {
                await Descriptors.PauseAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                if (limit.IsCancellationRequested)
                {
                    throw;
                }
            }
        }
    }

    /// <summary>The target of a request: a proxy for http gets the whole URI (RFC 9112, section 3.2.2).</summary>
    internal static string Target(HttpUri uri, HttpConnectOptions options)
        => options.Proxy is null || uri.IsSecure ? uri.Target : uri.Origin + uri.Target;

    /// <summary>Has the proxy open a tunnel (RFC 9110, section 9.3.6). On failure the connection is closed.</summary>
    private static async Task TunnelAsync(
        Transport transport,
        HttpUri uri,
        HttpUri proxy,
        HttpConnectOptions options,
        CancellationToken limit,
        CancellationToken cancellationToken)
    {
        bool isOpen = false;
        HttpClientConnection connection = new(proxy.Origin, transport);
        try
        {
            string host = uri.Host.Contains(':', StringComparison.Ordinal) ? $"[{uri.Host}]" : uri.Host;
            string authority = $"{host}:{uri.Port.ToString(CultureInfo.InvariantCulture)}";
            RequestMessage request = new()
            {
                Method = "CONNECT",
                Target = authority,
                Fields = [new HttpField("Host", authority), .. options.ProxyFields],
            };
            try
            {
                await connection.SendAsync(request.Head(), limit).ConfigureAwait(false);
            }
            catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
            {
                // The proxy has left at once, perhaps after an answer: whoever reads that says how it ended.
            }

            ReceivedHead head;
            int interim = 0;
            while ((head = await connection.ReadHeadAsync(HttpMethod.Connect, limit).ConfigureAwait(false)).IsInformational)
            {
                if (++interim > RoundTrip.MostInterim)
                {
                    throw ResponseFaults.TooManyInterim(proxy.Origin, RoundTrip.MostInterim);
                }
            }

            isOpen = head.Status is >= 200 and < 300 && connection.Pending == 0;
            if (!isOpen)
            {
                throw new NetLabException(
                    FaultKind.ProxyRefused,
                    $"The proxy {proxy.Origin} opened no tunnel to {authority}: it answered "
                        + $"{head.Status} {PeerText.Shown(head.Reason)}".TrimEnd()
                        + (head.Status == ProxyLogin
                            ? ". It wants a login: give it with a header field, Proxy-Authorization."
                            : ". Check what it allows."));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NetLabException(
                FaultKind.ConnectTimeout,
                $"The proxy {proxy.Origin} opened no tunnel within {TimeText.Seconds(options.Timeout)}. Check that it is a proxy.");
        }
        finally
        {
            if (!isOpen)
            {
                connection.Dispose();
            }
        }
    }
}
