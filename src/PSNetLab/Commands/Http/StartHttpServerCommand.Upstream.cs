using System.Management.Automation;
using System.Security;
using PSNetLab.Binding;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.IO;

namespace PSNetLab.Commands;

/// <content>The server that gets what no route answers.</content>
public sealed partial class StartHttpServerCommand
{
    /// <summary>
    /// The server to which requests are passed on that no route answers: a URI, or a web server of this module. Its path is put before
    /// that of each request. Default: none.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [RequestUriTransformation]
    [ArgumentCompleter(typeof(ServerUriCompleter))]
    public RequestUri? Upstream { get; set; }

    /// <summary>
    /// The seconds in which the upstream must accept a connection, and after which it must take or send something. Default: 30.
    /// </summary>
    [Parameter]
    [ValidateRange(0.1, SecondsPerDay)]
    [NoFiles]
    public double UpstreamTimeoutSec { get; set; } = UpstreamOptions.DefaultTimeout.TotalSeconds;

    /// <summary>
    /// The name the upstream's certificate must be issued for, and that it is asked for (SNI). Default: the host of -Upstream.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? TargetHost { get; set; }

    /// <summary>
    /// The issuers to trust for the upstream, instead of those that the system trusts: X509Certificate2 objects or paths of files.
    /// </summary>
    [Parameter]
    [CertificateTransformation]
    public CertificateSource? UpstreamTrustedCertificate { get; set; }

    /// <summary>
    /// The certificate, with its private key, to present if the upstream asks for one: an X509Certificate2, or the path of a PFX or
    /// PEM file, or a list of these.
    /// </summary>
    [Parameter]
    [CertificateTransformation]
    public CertificateSource? UpstreamClientCertificate { get; set; }

    /// <summary>The password of the file or the private key in -UpstreamClientCertificate.</summary>
    [Parameter]
    [PasswordTransformation]
    [NoFiles]
    public SecureString? UpstreamCertificatePassword { get; set; }

    /// <summary>Accepts any certificate of the upstream. For tests only.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    private protected override string TrustAdvice
        => $"{base.TrustAdvice} For the certificate of the upstream, use -UpstreamTrustedCertificate.";

    /// <summary>What passes requests on; null without an upstream.</summary>
    private Forwarder? CreateForwarder(Recorder? recorder)
    {
        if (Upstream is null || MustReplay)
        {
            return null;
        }

        HttpUri uri = HttpUri.Parse(Upstream.Text);
        if (uri.Target.Contains('?', StringComparison.Ordinal))
        {
            throw new NetLabException(
                FaultKind.InvalidParameters,
                $"-Upstream {uri} has a query, but that comes from each request. Leave it out.") { Subject = Upstream.Text };
        }

        string? password = PasswordTransformationAttribute.Reveal(UpstreamCertificatePassword);
        return new Forwarder(new UpstreamOptions
        {
            Uri = uri,
            Timeout = TimeSpan.FromSeconds(UpstreamTimeoutSec),
            Connect = new HttpConnectOptions
            {
                Tls = new TlsClientOptions
                {
                    TargetHost = TargetHost,
                    Trusted = UpstreamTrustedCertificate?.ReadTrusted(password, StopToken),
                    Certificate = UpstreamClientCertificate?.Read(password, StopToken).ToContext("-UpstreamClientCertificate"),
                    Alpn = DefaultAlpn,
                    SkipCertificateCheck = SkipCertificateCheck,
                },
            },
        },
        recorder);
    }
}
