using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Security;
using PSNetLab.Binding;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.IO;

namespace PSNetLab.Commands;

/// <summary>The parameters of the cmdlets that look at the TLS of servers.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public abstract class TlsCheckCmdlet : HostCheckCmdlet
{
    private protected const string HostSet = "Host";

    // A handshake costs far more than a connection, on both sides.
    private const int UsualThrottle = 64;

    private const int UsualPort = 443;
    private const int MostWarningDays = 36500;

    /// <summary>-TimeoutSec: for the whole check of a server, and as long for its name. Default: 5; -ThrottleLimit: 64.</summary>
    private protected TlsCheckCmdlet()
        : base(TlsEndpointOptions.DefaultTimeout)
        => ThrottleLimit = UsualThrottle;

    /// <summary>The name that the server is asked for (SNI), and that the certificate must be issued for. Default: the host.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? TargetHost { get; set; }

    /// <summary>How many days before its end a certificate counts as expiring soon. Default: 30.</summary>
    [Parameter]
    [ValidateRange(0, MostWarningDays)]
    [NoFiles]
    public int WarningDays { get; set; } = TlsEndpointOptions.DefaultWarningDays;

    /// <summary>
    /// The protocol in which to ask for TLS, in plain text: Smtp, Imap, Pop3, Ftp, Ldap, Postgres, Mysql or Xmpp. Default: TLS from the
    /// start.
    /// </summary>
    [Parameter(ParameterSetName = HostSet)]
    public StartTlsProtocol? StartTls { get; set; }

    /// <summary>The application protocols to offer in the TLS handshake (ALPN), the preferred one first.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    [ValidateLength(1, MostAlpnLength)]
    [ArgumentCompleter(typeof(AlpnCompleter))]
    public string[]? Alpn { get; set; }

    /// <summary>
    /// The issuers to trust for this call, instead of those that the system trusts: X509Certificate2 objects, results of
    /// Get-TlsCertificate, or paths of files.
    /// </summary>
    [Parameter]
    [CertificateTransformation]
    public CertificateSource? TrustedCertificate { get; set; }

    /// <summary>
    /// The certificate, with its private key, to present if the server asks for one: an X509Certificate2, or the path of a PFX or
    /// PEM file, or a list of these.
    /// </summary>
    [Parameter(ParameterSetName = HostSet)]
    [CertificateTransformation]
    public CertificateSource? ClientCertificate { get; set; }

    /// <summary>The password of a certificate file or its private key.</summary>
    [Parameter]
    [PasswordTransformation]
    [NoFiles]
    public SecureString? CertificatePassword { get; set; }

    /// <summary>Asks whether the certificates were revoked, at the addresses that they name. Default: nobody is asked.</summary>
    [Parameter]
    public SwitchParameter CheckRevocation { get; set; }

    /// <summary>How to check a server.</summary>
    private protected TlsEndpointOptions Options { get; private set; } = new();

    private protected override int? DefaultPort => StartTls is { } protocol ? StartTlsDialogue.UsualPort(protocol) : UsualPort;

    /// <summary>The password of -CertificatePassword; null without it.</summary>
    private protected string? Password => PasswordTransformationAttribute.Reveal(CertificatePassword);

    /// <summary>Whether the versions of TLS matter only if a handshake fails.</summary>
    private protected abstract bool SkipsVersions { get; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        try
        {
            Options = new TlsEndpointOptions
            {
                Timeout = CheckTimeout,
                StartTls = StartTls,
                SkipVersionScan = SkipsVersions,
                Tls = new TlsClientOptions
                {
                    TargetHost = TargetHost,
                    Trusted = TrustedCertificate?.ReadTrusted(Password, StopToken),
                    Certificate = ClientCertificate?.Read(Password, StopToken).ToContext("-ClientCertificate"),
                    Alpn = Alpn ?? [],
                    SkipCertificateCheck = true,
                    Soon = TimeSpan.FromDays(WarningDays),

                    // So that there is a result, with what else is known, if nobody answers.
                    RevocationTimeout = CheckRevocation ? CheckTimeout / 2 : null,
                },
            };
        }
        catch (NetLabException fault)
        {
            Fail(fault, null);
        }
    }

    private protected override ICheck NewCheck(CheckedName name, int port) => new TlsEndpointCheck(Options, name, port);
}
