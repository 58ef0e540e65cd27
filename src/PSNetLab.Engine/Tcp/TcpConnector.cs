using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tcp;

/// <summary>How to open a connection. The cmdlets have the same defaults.</summary>
internal sealed record TcpConnectOptions
{
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    internal string Host { get; init; } = "localhost";

    internal int Port { get; init; }

    /// <summary>Host and port as one text.</summary>
    internal string Target => Addresses.Join(Host, Port);

    internal TimeSpan Timeout { get; init; } = DefaultTimeout;

    internal MessageFraming Framing { get; init; } = RawFraming.Instance;

    internal Encoding Encoding { get; init; } = TextEncoding.Default;

    internal int MaxMessageBytes { get; init; } = MessageFraming.DefaultMaxMessageBytes;

    internal IPEndPoint? LocalEndPoint { get; init; }

    internal bool NoDelay { get; init; }

    internal bool KeepAlive { get; init; }

    /// <summary>How to speak TLS; null for plain text.</summary>
    internal TlsClientOptions? Tls { get; init; }
}

/// <summary>Opens connections for messages: resolves the name, connects, and does the TLS handshake.</summary>
internal static class TcpConnector
{
    /// <exception cref="NetLabException">No address accepted; the message lists each and why.</exception>
    internal static async Task<TcpConnection> ConnectAsync(TcpConnectOptions options, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        IPAddress[] addresses = await ResolveAsync(options, limit.Token, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        EndPoint[] endPoints = Array.ConvertAll(addresses, address => (EndPoint)new IPEndPoint(address, options.Port));
        (Socket? connected, IReadOnlyList<ConnectAttempt> attempts) = await StreamConnector.ConnectAsync(endPoints, options.LocalEndPoint, limit.Token).ConfigureAwait(false);
        if (connected is not { } socket)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Failure(options, attempts);
        }

        try
        {
            socket.NoDelay = options.NoDelay;
            if (options.KeepAlive)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            }

            if (options.Tls is not { } tls)
            {
                return new TcpConnection(Transport.Create(socket), options.Framing, options.Encoding, options.MaxMessageBytes);
            }

            TlsTransport secured = await SecureAsync(socket, options, tls, limit.Token).ConfigureAwait(false);
            return new TcpConnection(secured, options.Framing, options.Encoding, options.MaxMessageBytes);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new NetLabException(FaultKind.ConnectTimeout, $"{options.Target} accepted the connection but did not finish the TLS handshake within {options.Timeout.TotalSeconds} s. Check that it speaks TLS on this port.");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<IPAddress[]> ResolveAsync(TcpConnectOptions options, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            return await NameResolver.ResolveAsync(options.Host, options.LocalEndPoint?.AddressFamily ?? AddressFamily.Unspecified, limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NetLabException(FaultKind.ConnectTimeout, $"The name '{options.Host}' was not resolved within {options.Timeout.TotalSeconds} s. Check the name server, or give an IP address.", error);
        }
    }

    private static NetLabException Failure(TcpConnectOptions options, IReadOnlyList<ConnectAttempt> attempts)
    {
        if (attempts.Select(attempt => LinkLocal.MissingScope(attempt.EndPoint)).FirstOrDefault(fault => fault is not null) is { } unscoped)
        {
            return unscoped;
        }

        var reasons = attempts.Select(attempt => (attempt.EndPoint, Why: SocketFaults.Connect(attempt.Error!))).ToArray();
        FaultKind kind = reasons.Length > 0 ? reasons[0].Why.Kind : FaultKind.ConnectTimeout;
        string advice = kind switch
        {
            FaultKind.ConnectionRefused => "Check that the server is running and that the port is right.",
            FaultKind.ConnectTimeout => "Check the address and any firewall on the way, or allow more time than "
                + $"{options.Timeout.TotalSeconds} s.",
            FaultKind.HostUnreachable => "Check the address, the network interface and the routes.",
            FaultKind.AddressNotLocal or FaultKind.PortInUse => "Check -LocalEndPoint.",
            _ => "Check the address and the port.",
        };
        string each = string.Join("; ", reasons.Select(reason => $"{reason.EndPoint} ({reason.Why.Words})"));
        string tried = each.Length > 0 ? $"Tried {each}." : "Time ran out before an address was tried.";
        return new NetLabException(kind, $"Cannot connect to {options.Target}. {tried} {advice}", attempts.Count > 0 ? attempts[0].Error : null);
    }

    private static async Task<TlsTransport> SecureAsync(Socket socket, TcpConnectOptions options, TlsClientOptions tls, CancellationToken cancellationToken)
    {
        PeerCheck check = tls.NewCheck(options.Host);
        try
        {
            return await TlsTransport.ConnectAsync(Transport.Create(socket), tls.ForHandshake(check), cancellationToken, check).ConfigureAwait(false);
        }
        catch (AuthenticationException error) when (check.HasRejected)
        {
            throw new NetLabException(
                FaultKind.CertificateRejected,
                $"The certificate of {options.Target} was not accepted: {check.Complaint}. {$"{check.Advice} ".TrimStart()}"
                    + "In a test, -SkipCertificateCheck accepts any.",
                error);
        }
        catch (Exception error) when (error is AuthenticationException or IOException or SocketException && error is not NetLabException)
        {
            string why = TlsAlerts.Find(error) is { } alert
                ? $"{alert.Words}."
                : $"{(error.InnerException ?? error).Message.TrimEnd('.')}. Check that the server speaks TLS on this port.";
            throw new NetLabException(FaultKind.TlsHandshakeFailed, $"The TLS handshake with {options.Target} failed: {why}", error);
        }
    }
}
