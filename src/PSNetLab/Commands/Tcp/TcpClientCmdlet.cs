using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using System.Security;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Tcp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>The parameters of the cmdlets that open a TCP connection.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public abstract class TcpClientCmdlet : TranscriptCmdlet
{
    private protected const string HostSet = "Host";

    /// <summary>The name or address of the server, or host:port; every address of a name is tried.</summary>
    public abstract string ComputerName { get; set; }

    /// <summary>The port of the server, 1 to 65535, unless -ComputerName has it.</summary>
    public abstract int Port { get; set; }

    /// <summary>How many seconds name resolution, connecting and the TLS handshake may take together. Default: 10.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateRange(0.001, SecondsPerDay)]
    [NoFiles]
    public double ConnectTimeoutSec { get; set; } = TcpConnectOptions.DefaultTimeout.TotalSeconds;

    /// <summary>Where a message ends. Default: Raw.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [FramingTransformation]
    [ArgumentCompleter(typeof(FramingCompleter))]
    public MessageFraming Framing { get; set; } = RawFraming.Instance;

    /// <summary>The text encoding. Default: UTF-8.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = TextEncoding.Default;

    /// <summary>The maximum size of a received message in bytes; a longer one closes the connection. Default: 1048576.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateRange(1, MessageFraming.MostMessageBytes)]
    [NoFiles]
    public int MaxMessageBytes { get; set; } = MessageFraming.DefaultMaxMessageBytes;

    /// <summary>Uses TLS, in a version the system considers safe. Default: no TLS.</summary>
    [Parameter(ParameterSetName = HostSet)]
    public SwitchParameter Tls { get; set; }

    /// <summary>
    /// The name the server's certificate must be issued for, and that the server is asked for (SNI). Default: -ComputerName. Implies -Tls.
    /// </summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? TargetHost { get; set; }

    /// <summary>
    /// The issuers to trust for this call, instead of those that the system trusts: X509Certificate2 objects or paths of files.
    /// Implies -Tls.
    /// </summary>
    [Parameter(ParameterSetName = HostSet)]
    [CertificateTransformation]
    public CertificateSource? TrustedCertificate { get; set; }

    /// <summary>
    /// The certificate, with its private key, to present if the server asks for one: an X509Certificate2, or the path of a PFX or
    /// PEM file, or a list of these. Implies -Tls.
    /// </summary>
    [Parameter(ParameterSetName = HostSet)]
    [CertificateTransformation]
    public CertificateSource? ClientCertificate { get; set; }

    /// <summary>The password of a certificate file or its private key.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [PasswordTransformation]
    [NoFiles]
    public SecureString? CertificatePassword { get; set; }

    /// <summary>The application protocols to offer in the TLS handshake (ALPN), the preferred one first. Implies -Tls.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    [ValidateLength(1, MostAlpnLength)]
    [ArgumentCompleter(typeof(AlpnCompleter))]
    public string[]? Alpn { get; set; }

    /// <summary>Accepts any certificate. For tests only. Implies -Tls.</summary>
    [Parameter(ParameterSetName = HostSet)]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>The local address and port to connect from, such as 127.0.0.1:0. Default: chosen by the system.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [EndPointTransformation]
    [NoFiles]
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <summary>Sends small messages at once instead of collecting them (TCP_NODELAY; RFC 9293, section 3.7.4).</summary>
    [Parameter(ParameterSetName = HostSet)]
    public SwitchParameter NoDelay { get; set; }

    /// <summary>Lets the system probe a silent peer (SO_KEEPALIVE; RFC 9293, section 3.8.4).</summary>
    [Parameter(ParameterSetName = HostSet)]
    public SwitchParameter KeepAlive { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = HostSet)]
    public override SwitchParameter Transcript { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateRange(LeastTranscriptBytes, int.MaxValue)]
    [NoFiles]
    public override int TranscriptBytes { get; set; } = Engine.Capture.Transcript.DefaultLimitBytes;

    private bool UsesTls => Tls || SkipCertificateCheck || TargetHost is not null
        || TrustedCertificate is not null || ClientCertificate is not null || Alpn is not null;

    /// <summary>The peer as the user typed it, as the target of errors.</summary>
    private protected string Target { get; private set; } = string.Empty;

    /// <summary>Whether -Port was given.</summary>
    private protected bool HasPort => MyInvocation.BoundParameters.ContainsKey(nameof(Port));

    /// <exception cref="NetLabException">The connection could not be opened.</exception>
    private protected TcpConnection Connect()
    {
        Target = ComputerName;
        HostPort peer = HostPort.Parse(ComputerName, HasPort ? Port : null);
        Target = peer.ToString();
        TcpConnectOptions options = new()
        {
            Host = peer.Host,
            Port = peer.Port,
            Timeout = TimeSpan.FromSeconds(ConnectTimeoutSec),
            Framing = FramingScripts.Bind(Framing, this, 1, Encoding),
            Encoding = Encoding,
            MaxMessageBytes = MaxMessageBytes,
            LocalEndPoint = LocalEndPoint,
            NoDelay = NoDelay,
            KeepAlive = KeepAlive,
            Tls = UsesTls ? ReadTls() : null,
            Transcript = NewTranscript(),
        };
        Task<TcpConnection> connecting = TcpConnector.ConnectAsync(options, StopToken);
        ShowWaiting(connecting, $"Connecting to {Target}", () => $"At most {TimeText.Seconds(ConnectTimeoutSec)}");
        TcpConnection connection = Await(connecting);
        FramingScripts.EndWith(connection);
        Recordings.Add(options.Transcript, connection);
        return connection;
    }

    private string? Password => PasswordTransformationAttribute.Reveal(CertificatePassword);

    private TlsClientOptions ReadTls() => new()
    {
        TargetHost = TargetHost,
        Trusted = TrustedCertificate?.ReadTrusted(Password, StopToken),
        Certificate = ClientCertificate?.Read(Password, StopToken).ToContext("-ClientCertificate"),
        Alpn = Alpn ?? [],
        SkipCertificateCheck = SkipCertificateCheck,
    };
}
