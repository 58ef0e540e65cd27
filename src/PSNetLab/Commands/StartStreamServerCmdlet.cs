using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using System.Net.Security;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Binding;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Commands;

/// <summary>The parameters of every cmdlet that starts a server of connections.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public abstract class StartStreamServerCmdlet : StartServerCmdlet
{
    /// <summary>The maximum number of open connections; more are refused and counted in Refused. Default: 1024.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int MaxConnections { get; set; } = StreamServerOptions.DefaultMaxConnections;

    /// <summary>
    /// Takes a port on which connections of an earlier server are still in TIME-WAIT (SO_REUSEADDR). Default: on; -ReuseAddress:$false
    /// shows what happens without.
    /// </summary>
    [Parameter]
    public SwitchParameter ReuseAddress { get; set; } = true;

    /// <summary>Uses TLS; without -Certificate, with a self-signed certificate for localhost.</summary>
    [Parameter]
    public SwitchParameter Tls { get; set; }

    /// <summary>
    /// The certificate with its private key, and the intermediate certificates to send with it: an X509Certificate2, or the path
    /// of a PFX or PEM file, or a list of these. Implies -Tls.
    /// </summary>
    [Parameter]
    [CertificateTransformation]
    public CertificateSource? Certificate { get; set; }

    /// <summary>The password of a certificate file or its private key.</summary>
    [Parameter]
    [PasswordTransformation]
    [NoFiles]
    public SecureString? CertificatePassword { get; set; }

    /// <summary>
    /// Asks clients for a certificate: Require accepts only clients that have one, Allow also those that have none. Implies -Tls.
    /// </summary>
    [Parameter]
    public ClientCertificateMode? ClientCertificate { get; set; }

    /// <summary>
    /// The issuers whose client certificates are accepted, as X509Certificate2 objects or paths of files. Default: those that the
    /// system trusts.
    /// </summary>
    [Parameter]
    [CertificateTransformation]
    public CertificateSource? TrustedCertificate { get; set; }

    /// <summary>The application protocols to offer in the TLS handshake (ALPN), the preferred one first. Implies -Tls.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ValidateLength(1, MostAlpnLength)]
    [ArgumentCompleter(typeof(AlpnCompleter))]
    public string[]? Alpn { get; set; }

    private protected bool UsesTls => Tls || Certificate is not null || ClientCertificate is not null || Alpn is not null;

    /// <summary>What to do about -TrustedCertificate without -ClientCertificate.</summary>
    private protected virtual string TrustAdvice => "Add -ClientCertificate Require or Allow.";

    /// <summary>Whether there may be a file that -CertificatePassword opens.</summary>
    private protected virtual bool HasCertificates => Certificate is not null || TrustedCertificate is not null;

    /// <summary>The application protocols to offer without -Alpn.</summary>
    private protected virtual string[] DefaultAlpn => [];

    /// <summary>The options of a server with the parameters that are declared here.</summary>
    private protected TOptions Complete<TOptions>(TOptions options, IPEndPoint endPoint)
        where TOptions : StreamServerOptions
    {
        CheckCertificates();
        StreamServerOptions common = options;
        return (TOptions)(common with
        {
            EndPoint = endPoint,
            MaxConnections = MaxConnections,
            ReuseAddress = ReuseAddress,
            Tls = UsesTls ? ReadTls() : null,
            Filter = CreateFilter(),
            Transcript = NewTranscript(),
        });
    }

    /// <summary>Whoever asks for security must not get less of it in silence.</summary>
    private void CheckCertificates()
    {
        if (TrustedCertificate is not null && ClientCertificate is null)
        {
            throw new NetLabException(
                FaultKind.InvalidParameters,
                "-TrustedCertificate says whose client certificates are accepted, but clients are not asked for any. " + TrustAdvice);
        }

        if (CertificatePassword is not null && !HasCertificates)
        {
            throw new NetLabException(
                FaultKind.InvalidParameters,
                "-CertificatePassword opens the file of a certificate, but there is none. Add -Certificate, or leave the password out.");
        }
    }

    private TlsServerOptions ReadTls()
    {
        string? password = PasswordTransformationAttribute.Reveal(CertificatePassword);
        X509Certificate2Collection? trusted = TrustedCertificate?.ReadTrusted(password, StopToken);

        // Clients with several certificates learn from the names which one to present. Windows has no way to send them.
        SslCertificateTrust? names = trusted is null || OperatingSystem.IsWindows()
            ? null
            : SslCertificateTrust.CreateForX509Collection(trusted, sendTrustInHandshake: OperatingSystem.IsLinux());
        SslStreamCertificateContext certificate = Certificate?.Read(password, StopToken).ToContext("-Certificate", names)
            ?? ServerCertificates.Localhost(names);
        return new TlsServerOptions(certificate) { ClientCertificate = ClientCertificate, Trusted = trusted, Alpn = Alpn ?? DefaultAlpn };
    }
}
