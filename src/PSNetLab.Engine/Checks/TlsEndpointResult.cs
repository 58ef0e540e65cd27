using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>What Test-TlsEndpoint found out about a server.</summary>
public sealed class TlsEndpointResult
{
    private CertificateInfo? _seen;

    internal TlsEndpointResult(string computerName, int port)
    {
        ComputerName = computerName;
        Port = port;
    }

    /// <summary>The name or address as it was given.</summary>
    public string ComputerName { get; }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>The address that accepted the connection; null if none did.</summary>
    public string? Address => Remote?.ToString();

    /// <summary>Whether all is well.</summary>
    public TlsEndpointStatus Status => Fault is not null || Problems.Any(problem => !problem.IsWarning) ? TlsEndpointStatus.Failed
        : Problems.Count > 0 ? TlsEndpointStatus.Warning
        : TlsEndpointStatus.Ok;

    /// <summary>What is wrong with the certificate, its chain, or the versions of TLS.</summary>
    public TextList<CertificateProblem> Problems { get; internal set; } = new([]);

    /// <summary>The name of the fault that ended the check, such as ConnectionRefused; null if it went through.</summary>
    public string? ErrorId => Fault?.Kind.ToString();

    /// <summary>Whom the certificate names; null without one.</summary>
    public string? Subject => Certificate?.Subject;

    /// <summary>The DNS names and addresses that the certificate was issued for.</summary>
    public TextList<string>? Names => Certificate?.Names;

    /// <summary>Who issued the certificate.</summary>
    public string? Issuer => Certificate?.Issuer;

    /// <summary>When the certificate becomes valid, in local time.</summary>
    public object? NotBefore => Certificate?.NotBefore;

    /// <summary>When the certificate expires, in local time.</summary>
    public object? NotAfter => Certificate?.NotAfter;

    /// <summary>The whole days until the certificate expires; negative if it has.</summary>
    public object? DaysLeft => Certificate?.DaysLeft;

    /// <summary>The version of TLS that both sides agreed on, such as Tls13; null without an agreement.</summary>
    public string? Protocol { get; internal set; }

    /// <summary>The algorithms that both sides agreed on.</summary>
    public string? CipherSuite { get; internal set; }

    /// <summary>The application protocol that both sides agreed on (RFC 7301); null for none.</summary>
    public string? Alpn { get; internal set; }

    /// <summary>The versions of TLS that the server speaks; null if it was not asked.</summary>
    public TlsVersions? Versions { get; internal set; }

    /// <summary>Whether the server asked for a certificate of the client; null if that is not known.</summary>
    public bool? ClientCertificateRequested { get; internal set; }

    /// <summary>The certificate; null if there was none to be seen. What is wrong with it is in <see cref="Problems"/>.</summary>
    public CertificateInfo? Certificate { get; private set; }

    /// <summary>The subjects of the certificates as the server sent them.</summary>
    public TextList<string> SentChain => With(Certificate?.Sent);

    /// <summary>The subjects of the chain from the certificate to its root, as far as it is known here.</summary>
    public TextList<string> BuiltChain => With(Certificate?.Chain);

    /// <summary>The milliseconds that the name took to resolve, once in a call; null for an address.</summary>
    public object? ResolveMilliseconds => FileValue.Of(ResolveTime?.TotalMilliseconds);

    /// <summary>The milliseconds until the connection was accepted; null if it was not.</summary>
    public object? ConnectMilliseconds => FileValue.Of(ConnectTime?.TotalMilliseconds);

    /// <summary>The milliseconds that the plain text before TLS took; null if there was none.</summary>
    public object? StartTlsMilliseconds => FileValue.Of(StartTlsTime?.TotalMilliseconds);

    /// <summary>The milliseconds of the TLS handshake, with the building of the chain; null if it was not finished.</summary>
    public object? HandshakeMilliseconds => FileValue.Of(HandshakeTime?.TotalMilliseconds);

    /// <summary>When the check began, in local time.</summary>
    public object Time => FileValue.With(Began);

    /// <summary>What is wrong, and what to do; null if nothing is.</summary>
    public string? Reason => Fault?.Message ?? Complaint;

    /// <summary>The certificate with what is wrong with it.</summary>
    internal CertificateInfo? Seen
    {
        get => _seen;
        set
        {
            _seen = value;
            Certificate = value?.WithoutProblems();
        }
    }

    internal string Target => Addresses.Join(ComputerName, Port);

    internal IPAddress? Remote { get; set; }

    internal NetLabException? Fault { get; set; }

    /// <summary>The problems in words, with advice.</summary>
    internal string? Complaint { get; set; }

    internal TimeSpan? ResolveTime { get; set; }

    internal TimeSpan? ConnectTime { get; set; }

    internal TimeSpan? StartTlsTime { get; set; }

    internal TimeSpan? HandshakeTime { get; set; }

    internal DateTime Began { get; init; } = DateTime.Now;

    /// <inheritdoc/>
    public override string ToString() => Status switch
    {
        TlsEndpointStatus.Failed when Fault is not null => $"{Target} {Status}: {ErrorId}",
        TlsEndpointStatus.Ok => $"{Target} {Status}, {Certificate?.Days} days left",
        _ => $"{Target} {Status}: {string.Join(", ", Problems.Select(problem => problem.Kind).Distinct())}",
    };

    private TextList<string> With(TextList<string>? others)
        => new(Certificate is null ? [] : [Certificate.Subject, .. others ?? Enumerable.Empty<string>()]);
}
