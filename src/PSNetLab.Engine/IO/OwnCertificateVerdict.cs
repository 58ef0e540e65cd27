using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace PSNetLab.Engine.IO;

/// <summary>What a server made of the certificate of a client, or of its having none.</summary>
/// <remarks>
/// In TLS 1.3 the handshake of a client is over before the server has seen its certificate (RFC 8446, section 4.4.2), so a rejection
/// arrives where the first answer should be: as an alert or, from servers that send none, as the bare end of the connection.
/// </remarks>
internal sealed class OwnCertificateVerdict
{
    private readonly EndPoint _remote;
    private readonly string? _own;
    private bool _wasAsked;
    private bool _isAccepted;

    private OwnCertificateVerdict(EndPoint remote, string? own)
    {
        _remote = remote;
        _own = own;
    }

    /// <summary>Watches a handshake of a client, to know whether the server asks for a certificate.</summary>
    internal static OwnCertificateVerdict For(SslClientAuthenticationOptions options, EndPoint remote)
    {
        OwnCertificateVerdict verdict = new(remote, options.ClientCertificateContext?.TargetCertificate.Subject);
        if (verdict._own is null)
        {
            // It is called once before the handshake, and again when the server asks.
            options.LocalCertificateSelectionCallback = (_, _, _, peer, _) =>
            {
                verdict._wasAsked |= peer is not null;
                return null!;
            };
        }

        return verdict;
    }

    /// <summary>
    /// Call this when a certificate, or that there is none, is known to be sent: only a server that asked for one is sent either.
    /// </summary>
    internal void NoteSent() => _wasAsked = true;

    /// <summary>Whether the server asked for a certificate, and has not answered yet.</summary>
    internal bool IsOpen => _wasAsked && !_isAccepted;

    /// <summary>The server has answered, so it has accepted what it got.</summary>
    internal void Accept() => _isAccepted = true;

    /// <summary>The fault if an exception shows that the server rejected the certificate; null if it shows something else.</summary>
    internal NetLabException? Explain(Exception error) => TlsAlerts.Find(error) switch
    {
        { IsOurCertificate: true } alert => Fault($"ended the TLS connection: {alert.Words}.", error),

        // Before TLS 1.3 a server that misses a certificate has no better alert than "handshake failure" (RFC 5246, section 7.4.6).
        { } => _own is null ? ExplainEnd(error) : null,
        null => IsBroken(error) ? ExplainEnd(error) : null,
    };

    /// <summary>The fault if an end without a word, right after the handshake, means a rejection.</summary>
    internal NetLabException? ExplainEnd(Exception? error = null) => !IsOpen
        ? null
        : _own is null
        ? Fault("asked for a certificate in the TLS handshake, got none, and ended the connection.", error)
        : Fault(
            $"ended the connection after the TLS handshake without a word. It has probably not accepted the certificate {_own}.", error);

    private NetLabException Fault(string what, Exception? error) => new(
        FaultKind.OwnCertificateRejected,
        $"{_remote} {what} {(_own is null ? "Give one that it accepts with -ClientCertificate." : "Check -ClientCertificate.")}",
        error);

    private static bool IsBroken(Exception error) => error switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown } => true,
        IOException { InnerException: { } inner } => IsBroken(inner),
        IOException and not NetLabException => true, // the end in the middle of a handshake
        AuthenticationException { InnerException: { } inner } => IsBroken(inner),
        _ => false,
    };
}
