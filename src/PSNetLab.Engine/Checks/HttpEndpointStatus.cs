namespace PSNetLab;

/// <summary>What became of a request to a web server.</summary>
public enum HttpEndpointStatus : long
{
    /// <summary>The response is as expected.</summary>
    Passed,

    /// <summary>The status code is none of those expected.</summary>
    StatusUnexpected,

    /// <summary>The body does not match.</summary>
    ContentMismatch,

    /// <summary>The certificate expires soon.</summary>
    CertificateExpiring,

    /// <summary>There were more redirects than allowed, or they lead in a circle, or nowhere.</summary>
    RedirectFailed,

    /// <summary>The name has no address.</summary>
    NameNotFound,

    /// <summary>Nothing is listening on the port.</summary>
    Refused,

    /// <summary>There was no connection, or no complete response, in time.</summary>
    TimedOut,

    /// <summary>There is no way to the host.</summary>
    Unreachable,

    /// <summary>The certificate was not accepted.</summary>
    CertificateRejected,

    /// <summary>The TLS handshake failed.</summary>
    TlsFailed,

    /// <summary>The server closed or reset the connection without an answer.</summary>
    NoResponse,

    /// <summary>The connection ended in the middle of the response.</summary>
    Truncated,

    /// <summary>The answer is not HTTP, or breaks its rules.</summary>
    Malformed,

    /// <summary>Another error, which Reason tells.</summary>
    Failed,
}
