using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>Where to connect to, and how. The cmdlets have the same defaults.</summary>
internal record DialOptions
{
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    internal string Host { get; init; } = "localhost";

    internal int Port { get; init; }

    /// <summary>Host and port as one text.</summary>
    internal string Target => Addresses.Join(Host, Port);

    /// <summary>The addresses of the host; null to look them up.</summary>
    internal IPAddress[]? Known { get; init; }

    internal TimeSpan Timeout { get; init; } = DefaultTimeout;

    internal IPEndPoint? LocalEndPoint { get; init; }

    internal bool NoDelay { get; init; }

    internal bool KeepAlive { get; init; }

    /// <summary>How to speak TLS; null for plain text.</summary>
    internal TlsClientOptions? Tls { get; init; }

    /// <summary>Says why an address that the name has must not be connected to; null for all addresses.</summary>
    internal Func<IPEndPoint, NetLabException?>? Refuses { get; init; }
}

/// <summary>
/// What happened while a connection was opened, also if that failed. Timestamps are those of Stopwatch; null for what did not happen.
/// </summary>
internal sealed class DialTrace
{
    internal long? Resolved { get; set; }

    internal long? Connected { get; set; }

    internal long? Secured { get; set; }

    /// <summary>The address that accepted the connection; null before.</summary>
    internal IPEndPoint? Remote { get; set; }

    /// <summary>What was found out about the certificate of the peer; null without TLS.</summary>
    internal PeerCheck? Check { get; set; }
}

/// <summary>Opens connections: resolves the name, connects, and does the TLS handshake.</summary>
internal static class StreamDialer
{
    /// <summary>Does all three within the time limit of the options.</summary>
    /// <exception cref="NetLabException">No address accepted, and the message lists each and why; or there is no TLS.</exception>
    internal static async Task<Transport> DialAsync(DialOptions options, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        DialTrace trace = new();
        Transport plain = await ConnectAsync(options, trace, limit.Token, cancellationToken).ConfigureAwait(false);
        return options.Tls is { } tls
            ? await SecureAsync(plain, options, tls, trace, limit.Token, cancellationToken).ConfigureAwait(false)
            : plain;
    }

    /// <summary>Resolves the name and connects.</summary>
    /// <param name="options">Where to.</param>
    /// <param name="trace">Gets what happened.</param>
    /// <param name="limit">Cancelled at the time limit, and with the other token.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NetLabException">No address accepted; the message lists each and why.</exception>
    internal static async Task<Transport> ConnectAsync(
        DialOptions options, DialTrace trace, CancellationToken limit, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = options.Known ?? await ResolveAsync(options, trace, limit, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        IPEndPoint[] endPoints = Array.ConvertAll(addresses, address => new IPEndPoint(address, options.Port));
        if (options.Refuses is { } refuses && endPoints.Select(refuses).FirstOrDefault(fault => fault is not null) is { } refusal)
        {
            throw refusal;
        }

        (Transport? transport, IReadOnlyList<ConnectAttempt> attempts) = await StreamConnector.ConnectAsync(
            endPoints, options.LocalEndPoint, Timeout.InfiniteTimeSpan, limit).ConfigureAwait(false);
        if (transport is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Failure(options, attempts);
        }

        try
        {
            trace.Connected = Stopwatch.GetTimestamp();
            trace.Remote = Addresses.OfSocket(transport.RemoteEndPoint);
            transport.Socket.NoDelay = options.NoDelay;
            if (options.KeepAlive)
            {
                transport.Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            }

            return transport;
        }
        catch
        {
            transport.Dispose();
            throw;
        }
    }

    /// <summary>Does the TLS handshake. On failure the connection is closed.</summary>
    /// <inheritdoc cref="ConnectAsync"/>
    internal static async Task<Transport> SecureAsync(
        Transport plain,
        DialOptions options,
        TlsClientOptions tls,
        DialTrace trace,
        CancellationToken limit,
        CancellationToken cancellationToken)
    {
        PeerCheck check = tls.NewCheck(options.Host);
        trace.Check = check;
        bool isSecure = false;
        try
        {
            Transport secured = await TlsTransport.ConnectAsync(plain, tls.ForHandshake(check), limit, check).ConfigureAwait(false);
            trace.Secured = Stopwatch.GetTimestamp();
            isSecure = true;
            return secured;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NetLabException(
                FaultKind.ConnectTimeout,
                $"{options.Target} accepted the connection but did not finish the TLS handshake "
                    + $"within {TimeText.Seconds(options.Timeout)}. Check that it speaks TLS on this port.");
        }
        catch (AuthenticationException error) when (check.HasRejected)
        {
            throw new NetLabException(
                FaultKind.CertificateRejected,
                $"The certificate of {options.Target} was not accepted: {check.Complaint}. {$"{check.Advice} ".TrimStart()}"
                    + "In a test, -SkipCertificateCheck accepts any.",
                error);
        }
        catch (Exception error) when (error is AuthenticationException or IOException or SocketException or CryptographicException
            && error is not NetLabException)
        {
            throw TlsAlerts.Fault(error, options.Target);
        }
        finally
        {
            if (!isSecure)
            {
                plain.Dispose();
            }
        }
    }

    private static async Task<IPAddress[]> ResolveAsync(
        DialOptions options, DialTrace trace, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] addresses = await NameResolver.ResolveAsync(
                options.Host, options.LocalEndPoint?.AddressFamily ?? AddressFamily.Unspecified, limit)
                .ConfigureAwait(false);
            trace.Resolved = Addresses.TryParse(options.Host, out IPAddress _) ? null : Stopwatch.GetTimestamp();
            return addresses;
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NetLabException(
                FaultKind.ConnectTimeout,
                $"The name '{options.Host}' was not resolved within {TimeText.Seconds(options.Timeout)}. "
                    + "Check the name server, or give an IP address.",
                error);
        }
    }

    private static NetLabException Failure(DialOptions options, IReadOnlyList<ConnectAttempt> attempts)
    {
        IEnumerable<NetLabException?> scopes = attempts.Select(attempt => LinkLocal.MissingScope(attempt.EndPoint));
        if (scopes.FirstOrDefault(fault => fault is not null) is { } unscoped)
        {
            return unscoped;
        }

        var reasons = attempts.Select(attempt => (attempt.EndPoint, Why: SocketFaults.Connect(attempt.Error!))).ToArray();
        FaultKind kind = reasons.Length > 0 ? reasons[0].Why.Kind : FaultKind.ConnectTimeout;
        string advice = kind switch
        {
            FaultKind.ConnectionRefused => "Check that the server is running and that the port is right.",
            FaultKind.ConnectTimeout => "Check the address and any firewall on the way, or allow more time than "
                + $"{TimeText.Seconds(options.Timeout)}.",
            FaultKind.HostUnreachable => "Check the address, the network interface and the routes.",
            FaultKind.AddressNotLocal or FaultKind.PortInUse => "Check -LocalEndPoint.",
            _ => "Check the address and the port.",
        };
        string each = string.Join("; ", reasons.Select(reason => $"{reason.EndPoint} ({reason.Why.Words})"));
        string tried = each.Length > 0 ? $"Tried {each}." : "Time ran out before an address was tried.";
        Exception? first = attempts.Count > 0 ? attempts[0].Error : null;
        return new NetLabException(kind, $"Cannot connect to {options.Target}. {tried} {advice}", first);
    }
}
