using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tcp;

/// <summary>What a connection to open is to be. The defaults are those of the cmdlets.</summary>
internal sealed record TcpConnectOptions
{
    internal string Host { get; init; } = "localhost";

    internal int Port { get; init; }

    /// <summary>Host and port as one text.</summary>
    internal string Target => Addresses.Join(Host, Port);

    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    internal MessageFraming Framing { get; init; } = RawFraming.Instance;

    internal Encoding Encoding { get; init; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    internal int MaxMessageBytes { get; init; } = 1024 * 1024;

    internal IPEndPoint? LocalEndPoint { get; init; }

    internal bool NoDelay { get; init; }

    internal bool KeepAlive { get; init; }

    internal bool Tls { get; init; }

    /// <summary>The name the certificate must be for; the host if not given.</summary>
    internal string? TargetHost { get; init; }

    internal bool SkipCertificateCheck { get; init; }
}

/// <summary>Opens connections: every address of a name is tried, a new one each quarter of a second or as soon as one failed (RFC 8305, section 5).</summary>
internal static class TcpConnector
{
    private static readonly TimeSpan s_stagger = TimeSpan.FromMilliseconds(250);

    /// <exception cref="NetLabException">No address could be connected to; the message names each and why.</exception>
    internal static async Task<TcpConnection> ConnectAsync(TcpConnectOptions options, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        IPAddress[] addresses = await ResolveAsync(options, limit.Token).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        Socket socket = await ConnectToAnyAsync(addresses, options, limit.Token, cancellationToken).ConfigureAwait(false);
        try
        {
            socket.NoDelay = options.NoDelay;
            if (options.KeepAlive)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            }

            if (!options.Tls)
            {
                return new TcpConnection(Transport.Create(socket), options.Framing, options.Encoding, options.MaxMessageBytes);
            }

            TlsTransport secured = await SecureAsync(socket, options, limit.Token).ConfigureAwait(false);
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

    private static async Task<IPAddress[]> ResolveAsync(TcpConnectOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await NameResolver.ResolveAsync(options.Host, options.LocalEndPoint?.AddressFamily ?? AddressFamily.Unspecified, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException error)
        {
            throw new NetLabException(FaultKind.ConnectTimeout, $"The name '{options.Host}' was not resolved within {options.Timeout.TotalSeconds} s. Check the name server, or give an IP address.", error);
        }
    }

    private static async Task<Socket> ConnectToAnyAsync(IPAddress[] addresses, TcpConnectOptions options, CancellationToken limit, CancellationToken userCancellation)
    {
        using CancellationTokenSource lost = CancellationTokenSource.CreateLinkedTokenSource(limit);
        List<(IPEndPoint EndPoint, Task<Socket> Task)> attempts = [];
        List<(IPEndPoint EndPoint, Exception Error)> failures = [];
        int next = 0;
        while (next < addresses.Length || attempts.Count > 0)
        {
            if (next < addresses.Length && !limit.IsCancellationRequested)
            {
                IPEndPoint endPoint = new(addresses[next++], options.Port);
                attempts.Add((endPoint, ConnectToAsync(endPoint, options.LocalEndPoint, lost.Token)));
            }

            if (attempts.Count == 0)
            {
                break;
            }

            Task any = Task.WhenAny(attempts.Select(attempt => attempt.Task));
            await (next < addresses.Length ? Task.WhenAny(any, Task.Delay(s_stagger, limit)) : any).ConfigureAwait(false);
            for (int i = attempts.Count - 1; i >= 0; i--)
            {
                (IPEndPoint endPoint, Task<Socket> task) = attempts[i];
                if (task.IsCompletedSuccessfully)
                {
                    attempts.RemoveAt(i);
                    await lost.CancelAsync().ConfigureAwait(false);
                    attempts.ForEach(other => other.Task.ContinueWith(static late => late.Result.Dispose(), TaskContinuationOptions.OnlyOnRanToCompletion));
                    return await task.ConfigureAwait(false);
                }

                if (task.IsCompleted)
                {
                    attempts.RemoveAt(i);
                    failures.Add((endPoint, task.Exception?.InnerException ?? new OperationCanceledException()));
                }
            }

            if (limit.IsCancellationRequested)
            {
                next = addresses.Length;
            }
        }

        userCancellation.ThrowIfCancellationRequested();
        throw Failure(options, failures);
    }

    private static async Task<Socket> ConnectToAsync(IPEndPoint endPoint, IPEndPoint? local, CancellationToken cancellationToken)
    {
        Socket socket = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (local is not null)
            {
                socket.Bind(local);
            }

            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static NetLabException Failure(TcpConnectOptions options, List<(IPEndPoint EndPoint, Exception Error)> failures)
    {
        var reasons = failures.Select(failure => (failure.EndPoint, Why: SocketFaults.Connect(failure.Error))).ToArray();
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
        return new NetLabException(kind, $"Cannot connect to {options.Target}. {tried} {advice}", failures.Count > 0 ? failures[0].Error : null);
    }

    private static async Task<TlsTransport> SecureAsync(Socket socket, TcpConnectOptions options, CancellationToken cancellationToken)
    {
        string target = options.TargetHost ?? options.Host;
        string? complaint = null;
        SslClientAuthenticationOptions tls = new()
        {
            TargetHost = target,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                LoopThread.AssertLeft("Looking at a certificate");
                complaint = TlsComplaint.Describe(certificate, chain, errors, target);
                return options.SkipCertificateCheck || errors == SslPolicyErrors.None;
            },
        };
        try
        {
            return await TlsTransport.ConnectAsync(Transport.Create(socket), tls, cancellationToken).ConfigureAwait(false);
        }
        catch (AuthenticationException error) when (complaint is not null && !options.SkipCertificateCheck)
        {
            throw new NetLabException(
                FaultKind.CertificateRejected,
                $"The certificate of {options.Target} was not accepted: {complaint}. "
                    + "Give the name it was issued for with -TargetHost, trust its issuer on this machine, or, in a test, "
                    + "use -SkipCertificateCheck.",
                error);
        }
        catch (Exception error) when (error is AuthenticationException or IOException or SocketException)
        {
            throw new NetLabException(FaultKind.TlsHandshakeFailed, $"The TLS handshake with {options.Target} failed: {error.Message} Check that the server speaks TLS on this port.", error);
        }
    }
}
