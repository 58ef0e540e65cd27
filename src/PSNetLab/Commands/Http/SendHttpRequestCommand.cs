using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Security;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Commands;

/// <summary>Sends one HTTP request, and shows it and its response as they are on the wire.</summary>
[Cmdlet(VerbsCommunications.Send, "HttpRequest", DefaultParameterSetName = UriSet)]
[OutputType(typeof(HttpExchangeResult))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class SendHttpRequestCommand : NetCmdlet
{
    private const string UriSet = "Uri";
    private const string ConnectionSet = "Connection";

    // How long clients wait for 100 (Continue) before they send the body all the same.
    private static readonly TimeSpan s_continueWait = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Where to send the request: a URI, or a web server of this module. With -Connection, a path is enough. Default with -Connection: /.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = UriSet)]
    [Parameter(Position = 1, ParameterSetName = ConnectionSet)]
    [ValidateNotNullOrEmpty]
    [RequestUriTransformation]
    [ArgumentCompleter(typeof(ServerUriCompleter))]
    public RequestUri Uri { get; set; } = new("/");

    /// <summary>The open connection to send the request over. It stays open.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ConnectionSet)]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public TcpConnection? Connection { get; set; }

    /// <summary>The method. Default: GET, or POST with -Body.</summary>
    [Parameter(Position = 1, ParameterSetName = UriSet)]
    [Parameter(Position = 2, ParameterSetName = ConnectionSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HttpMethodCompleter))]
    public string? Method { get; set; }

    /// <summary>The header fields, in their order: a table of names and values, or lines.</summary>
    [Parameter]
    [Alias("Headers")]
    [HeaderTransformation]
    [NoFiles]
    public HttpField[] Header { get; set; } = [];

    /// <summary>The body: text or bytes. With -Chunked, each element of a list is a chunk.</summary>
    [Parameter]
    [NoFiles]
    public object? Body { get; set; }

    /// <summary>The header fields after the last chunk. Implies -Chunked.</summary>
    [Parameter]
    [HeaderTransformation]
    [NoFiles]
    public HttpField[] Trailer { get; set; } = [];

    /// <summary>Sends the body in chunks.</summary>
    [Parameter]
    public SwitchParameter Chunked { get; set; }

    /// <summary>Everything to send, as text or bytes, however malformed; nothing is added.</summary>
    [Parameter]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [ValidateNotNull]
    [NoFiles]
    public object? Raw { get; set; }

    /// <summary>Adds neither Host, nor what says how long the body is.</summary>
    [Parameter]
    public SwitchParameter NoAutoHeader { get; set; }

    /// <summary>Ends the sending side when everything is sent.</summary>
    [Parameter]
    public SwitchParameter HalfClose { get; set; }

    /// <summary>How many seconds everything may take together. Default: 30.</summary>
    [Parameter]
    [ValidateRange(0.001, SecondsPerDay)]
    [NoFiles]
    public double TimeoutSec { get; set; } = HttpSendOptions.DefaultTimeout.TotalSeconds;

    /// <summary>The maximum size of the response's body in bytes. Default: 67108864.</summary>
    [Parameter]
    [ValidateRange(0, 1024 * 1024 * 1024)]
    [NoFiles]
    public int MaxBodyBytes { get; set; } = RoundTripOptions.DefaultMostBodyBytes;

    /// <summary>The encoding of text in -Body and -Raw. Default: UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = TextEncoding.Default;

    /// <summary>
    /// The name the server's certificate must be issued for, and that the server is asked for (SNI). Default: the host of -Uri.
    /// </summary>
    [Parameter(ParameterSetName = UriSet)]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? TargetHost { get; set; }

    /// <summary>
    /// The issuers to trust for this call, instead of those that the system trusts: X509Certificate2 objects or paths of files.
    /// </summary>
    [Parameter(ParameterSetName = UriSet)]
    [CertificateTransformation]
    public CertificateSource? TrustedCertificate { get; set; }

    /// <summary>
    /// The certificate, with its private key, to present if the server asks for one: an X509Certificate2, or the path of a PFX or
    /// PEM file, or a list of these.
    /// </summary>
    [Parameter(ParameterSetName = UriSet)]
    [CertificateTransformation]
    public CertificateSource? ClientCertificate { get; set; }

    /// <summary>The password of the file or the private key in -ClientCertificate.</summary>
    [Parameter(ParameterSetName = UriSet)]
    [PasswordTransformation]
    [NoFiles]
    public SecureString? CertificatePassword { get; set; }

    /// <summary>The application protocols to offer in the TLS handshake (ALPN), the preferred one first. Default: http/1.1.</summary>
    [Parameter(ParameterSetName = UriSet)]
    [ValidateNotNullOrEmpty]
    [ValidateLength(1, MostAlpnLength)]
    [ArgumentCompleter(typeof(AlpnCompleter))]
    public string[] Alpn { get; set; } = ["http/1.1"];

    /// <summary>Accepts any certificate. For tests only.</summary>
    [Parameter(ParameterSetName = UriSet)]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>The local address and port to connect from, such as 127.0.0.1:0. Default: chosen by the system.</summary>
    [Parameter(ParameterSetName = UriSet)]
    [EndPointTransformation]
    [NoFiles]
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        HttpUri? target = null;
        try
        {
            target = ReadUri();
            HttpSendOptions options = Raw is null ? Compose(target) : ComposeRaw(target);
            Task<(HttpExchangeResult Result, NetLabException? Fault)> sending = Connection is null
                ? HttpSender.SendAsync(options, open: null, StopToken)
                : SendOverAsync(Connection, options);
            ShowWaiting(sending, $"{Method ?? "Request"} {target}", () => $"At most {TimeText.Seconds(TimeoutSec)}");
            (HttpExchangeResult result, NetLabException? fault) = Await(sending);
            WriteObject(result);
            if (fault is not null)
            {
                Report(fault, target.ToString());
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, target?.ToString() ?? Uri.Text);
        }
    }

    private HttpUri ReadUri()
    {
        if (Connection is not { } connection)
        {
            return HttpUri.Parse(Uri.Text);
        }

        string host = connection.Tls?.ServerName ?? connection.Remote.Address.ToString();
        HttpUri peer = new(connection.Tls is not null, host, connection.Remote.Port, "/");
        return HttpUri.Parse(Uri.Text.StartsWith('/') ? peer.Origin + Uri.Text : Uri.Text);
    }

    private HttpSendOptions Compose(HttpUri uri)
    {
        bool isChunked = Chunked || Trailer.Length > 0;
        RequestMessage request = new()
        {
            Method = Method ?? (Body is null && !isChunked ? "GET" : "POST"),
            Target = uri.Target,
            Body = RequestBody.Read(Body, Encoding),
            IsChunked = isChunked,
            Trailers = Trailer,
        };
        List<HttpField> fields = [.. Header];
        if (!NoAutoHeader)
        {
            AddOwn(fields, request, uri);
        }

        request = request with { Fields = fields };
        request.Check();
        return new HttpSendOptions(uri, request.Head(), request.Content())
        {
            Connect = ReadConnect(),
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            Trip = ReadTrip(request.Kind) with
            {
                ContinueWait = fields.Exists(IsContinueExpected) ? s_continueWait : null,
            },
        };
    }

    private static void AddOwn(List<HttpField> fields, RequestMessage request, HttpUri uri)
    {
        if (!fields.Exists(field => Is(field, "Host")))
        {
            fields.Insert(0, new HttpField("Host", uri.HostField));
        }

        if (request.IsChunked && !fields.Exists(field => Is(field, "Transfer-Encoding")))
        {
            fields.Add(new HttpField("Transfer-Encoding", "chunked"));
        }

        bool hasLength = request.BodyLength > 0 || request.Method is "POST" or "PUT" or "PATCH";
        if (hasLength && !request.IsChunked && !fields.Exists(field => Is(field, "Content-Length") || Is(field, "Transfer-Encoding")))
        {
            fields.Add(new HttpField("Content-Length", request.BodyLength.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static bool IsContinueExpected(HttpField field)
        => Is(field, "Expect") && field.Value.Equals("100-continue", StringComparison.OrdinalIgnoreCase);

    private static bool Is(HttpField field, string name) => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private HttpSendOptions ComposeRaw(HttpUri uri)
    {
        if (Method is not null || Body is not null || Header.Length > 0 || Trailer.Length > 0 || Chunked || NoAutoHeader)
        {
            throw new NetLabException(
                FaultKind.InvalidParameters,
                "-Raw is the whole request. Leave out -Method, -Header, -Body, -Trailer, -Chunked and -NoAutoHeader.");
        }

        byte[] bytes = [.. Payload.FromArgument(Raw, Encoding).SelectMany(part => part)];
        int end = bytes.AsSpan().IndexOf((byte)' ');
        return new HttpSendOptions(uri, bytes, [])
        {
            Connect = ReadConnect(),
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            Trip = ReadTrip(HttpMethods.Find(bytes.AsSpan(0, Math.Max(end, 0)).TrimStart("\r\n"u8))),
        };
    }

    private RoundTripOptions ReadTrip(HttpMethod method)
        => new() { Method = method, MostBodyBytes = MaxBodyBytes, HalfCloses = HalfClose };

    private HttpConnectOptions ReadConnect() => new()
    {
        Timeout = TimeSpan.FromSeconds(TimeoutSec),
        LocalEndPoint = LocalEndPoint,
        Tls = new TlsClientOptions
        {
            TargetHost = TargetHost,
            Trusted = TrustedCertificate?.ReadTrusted(PasswordTransformationAttribute.Reveal(CertificatePassword), StopToken),
            Certificate = ClientCertificate?.Read(PasswordTransformationAttribute.Reveal(CertificatePassword), StopToken).ToContext(
                "-ClientCertificate"),
            Alpn = Alpn,
            SkipCertificateCheck = SkipCertificateCheck,
        },
    };

    private async Task<(HttpExchangeResult Result, NetLabException? Fault)> SendOverAsync(
        TcpConnection connection, HttpSendOptions options)
    {
        using TcpConnection.Loan loan = await connection.LendAsync(StopToken).ConfigureAwait(false);
        HttpClientConnection open = new(options.Uri.Origin, loan.Transport, loan.Received);
        try
        {
            return await HttpSender.SendAsync(options, open, StopToken).ConfigureAwait(false);
        }
        finally
        {
            loan.Sent = open.BytesSent;
            loan.Got = open.BytesReceived;
            loan.HasSentEnd = open.HasSentEnd;
            loan.HasPeerEnded = open.HasEnded;
        }
    }
}
