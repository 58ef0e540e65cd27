using System.ComponentModel;

namespace PSNetLab.Engine.IO;

/// <summary>
/// Finds out which alert of the peer ended a TLS connection (RFC 8446, section 6.2). The runtime hides it in its exceptions.
/// </summary>
internal static class TlsAlerts
{
    /// <summary>Each alert: as OpenSSL names it, as Windows numbers it, whether it is about our certificate, and in our words.</summary>
    private static readonly (string Name, int Status, bool IsOurCertificate, string Words)[] s_alerts =
    [
        ("certificate required", 0, true, "it requires a certificate from this side, and got none"),
        ("unknown ca", unchecked((int)0x80090325), true, "it does not trust the issuer of the certificate of this side"),
        ("certificate expired", unchecked((int)0x80090328), true, "the certificate of this side has expired"),
        ("certificate revoked", unchecked((int)0x80092010), true, "the certificate of this side was revoked"),
        ("certificate unknown", unchecked((int)0x80090327), true, "it does not accept the certificate of this side"),
        ("bad certificate", 0, true, "it does not accept the certificate of this side, or got none"),
        ("unsupported certificate", 0, true, "the certificate of this side is not for this use"),
        (
            "no application protocol",
            unchecked((int)0x80090367),
            false,
            "it speaks none of the application protocols that were offered (-Alpn)"),
        ("protocol version", unchecked((int)0x80090331), false, "the two sides have no version of TLS in common"),
        ("unrecognized name", 0, false, "it has no certificate for the name that was asked for"),
        ("handshake failure", 0, false, "the two sides have no algorithms in common, or it requires a certificate"),
        ("access denied", 0, true, "it denies access to the certificate of this side"),
    ];

    /// <summary>The fault of a handshake that failed.</summary>
    /// <param name="error">What the handshake threw.</param>
    /// <param name="target">The server, as the user named it.</param>
    internal static NetLabException Fault(Exception error, string target)
    {
        string why = Find(error) is { } alert
            ? $"{alert.Words}."
            : $"{(error.InnerException ?? error).Message.TrimEnd('.')}. Check that the server speaks TLS on this port.";
        return new NetLabException(FaultKind.TlsHandshakeFailed, $"The TLS handshake with {target} failed: {why}", error);
    }

    /// <summary>
    /// The alert in words, and whether it is about the certificate of this side; null if the peer sent none that is known.
    /// </summary>
    internal static (bool IsOurCertificate, string Words)? Find(Exception error)
    {
        for (Exception? inner = error; inner is not null; inner = inner.InnerException)
        {
            foreach ((string name, int status, bool isOurs, string words) in s_alerts)
            {
                if (inner.Message.Contains($"alert {name}", StringComparison.OrdinalIgnoreCase)
                    || (status != 0 && inner is Win32Exception system && system.NativeErrorCode == status))
                {
                    return (isOurs, words);
                }
            }
        }

        return null;
    }
}
