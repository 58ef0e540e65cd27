using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Management.Automation;
using System.Security;
using System.Text.RegularExpressions;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Commands;

/// <summary>Tests whether web servers answer as expected, and tells how long each phase took.</summary>
[Cmdlet(VerbsDiagnostic.Test, "HttpEndpoint")]
[OutputType(typeof(HttpEndpointResult), typeof(bool))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class TestHttpEndpointCommand : CheckCmdlet
{
    private const int DefaultThrottle = 32;
    private const int LeastGood = 200;
    private const int GoodCodes = 200;

    private HttpCheckOptions? _options;
    private CheckedNames? _names;

    /// <summary>-TimeoutSec: for everything, redirects included. Default: 10. -ThrottleLimit: 32.</summary>
    public TestHttpEndpointCommand()
        : base(HttpCheckOptions.DefaultTimeout)
        => ThrottleLimit = DefaultThrottle;

    /// <summary>The URIs, or web servers of this module, or objects with a Uri, or with a ComputerName and a Port.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [UriTransformation]
    [ArgumentCompleter(typeof(ServerUriCompleter))]
    public string[] Uri { get; set; } = [];

    /// <summary>The method. Default: GET, or POST with -Body.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HttpMethodCompleter))]
    public string? Method { get; set; }

    /// <summary>Header fields to send: a table of names and values, or lines.</summary>
    [Parameter]
    [Alias("Header")]
    [HeaderTransformation]
    [NoFiles]
    public HttpField[] Headers { get; set; } = [];

    /// <summary>The body to send: text, in UTF-8, or bytes.</summary>
    [Parameter]
    [NoFiles]
    public object? Body { get; set; }

    /// <summary>The status codes and ranges of them that are good. Default: 200-399.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [StatusCodeTransformation]
    [NoFiles]
    public int[]? StatusCode { get; set; }

    /// <summary>A regular expression that the body must match.</summary>
    [Parameter]
    [ValidateNotNull]
    [NoFiles]
    public Regex? Match { get; set; }

    /// <summary>How many redirects to follow; with 0, a redirect is a response like any other. Default: 5.</summary>
    [Parameter]
    [ValidateRange(0, 100)]
    [NoFiles]
    public int MaximumRedirection { get; set; } = HttpCheckOptions.DefaultMostRedirects;

    /// <summary>Addresses to use instead of those that a name has, as host:port:address.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string[] Resolve { get; set; } = [];

    /// <summary>The proxy to go through. Default: none, whatever the environment says.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [RequestUriTransformation]
    [NoFiles]
    public RequestUri? Proxy { get; set; }

    /// <summary>A certificate that expires within so many days does not pass. Default: any that is valid passes.</summary>
    [Parameter]
    [ValidateRange(0, 36500)]
    [NoFiles]
    public int? WarningDays { get; set; }

    /// <summary>
    /// The issuers to trust for this call, instead of those that the system trusts: X509Certificate2 objects or paths of files.
    /// </summary>
    [Parameter]
    [CertificateTransformation]
    public CertificateSource? TrustedCertificate { get; set; }

    /// <summary>
    /// The certificate, with its private key, to present if the server asks for one: an X509Certificate2, or the path of a PFX or
    /// PEM file, or a list of these.
    /// </summary>
    [Parameter]
    [CertificateTransformation]
    public CertificateSource? ClientCertificate { get; set; }

    /// <summary>The password of the file or the private key in -ClientCertificate.</summary>
    [Parameter]
    [PasswordTransformation]
    [NoFiles]
    public SecureString? CertificatePassword { get; set; }

    /// <summary>Accepts any certificate.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>How often to test each URI. Default: 1.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int Count { get; set; } = 1;

    /// <summary>How many milliseconds are between the beginnings of two tests of a URI. Default: 1000.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int IntervalMs { get; set; } = 1000;

    /// <summary>All of them if each is repeated: then -ThrottleLimit is for the attempts.</summary>
    private protected override int MostAtATime => Count > 1 ? int.MaxValue : ThrottleLimit;

    private protected override string Activity => "Testing web servers";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        try
        {
            _options = ReadOptions();
        }
        catch (NetLabException fault)
        {
            Fail(fault, null);
        }

        _names = new CheckedNames(IPFamily.Any, CheckTimeout, CheckToken);
    }

    private protected override object?[] Inputs => [Uri];

    private protected override void AddInput() => Add(Array.ConvertAll(Uri, uri => new HttpCheck(_options!, _names!, HttpUri.Parse(uri))));

    private protected override bool IsGood(object row) => ((HttpEndpointResult)row).Passed;

    private HttpCheckOptions ReadOptions()
    {
        HashSet<int> expected = [.. StatusCode ?? Enumerable.Range(LeastGood, GoodCodes)];
        byte[][] body = RequestBody.Read(Body, TextEncoding.Default);
        RequestMessage message = new() { Method = Method ?? (Body is null ? "GET" : "POST"), Fields = Headers };
        message.Check();
        if (Proxy is null && Array.Exists(Headers, IsForProxy))
        {
            throw new NetLabException(
                FaultKind.InvalidParameters, "Proxy-Authorization is a login for a proxy, and there is none. Use -Proxy, or leave it out.");
        }

        HttpUri? proxy = Proxy is null ? null : HttpUri.Parse(Proxy.Text);
        HostOverride[] overrides = Array.ConvertAll(Resolve, HostOverride.Parse);
        if (proxy is not null && Array.Find(overrides, one => !one.Fits(proxy.Host, proxy.Port)) is { } idle)
        {
            throw new NetLabException(
                FaultKind.InvalidParameters,
                $"-Resolve cannot say where {Addresses.Join(idle.Host, idle.Port)} is, because the proxy looks up the names of servers. "
                    + "Leave out -Proxy, or give -Resolve for the proxy only.");
        }

        return new HttpCheckOptions
        {
            Method = message.Method,
            Fields = Array.FindAll(Headers, field => !IsForProxy(field)),
            Body = [.. body.SelectMany(part => part)],
            IsExpected = expected.Contains,
            Expected = Words(expected),
            Match = Match is null ? null : Patterns.WithLimit(Match),
            MostRedirects = MaximumRedirection,
            Overrides = overrides,
            Timeout = CheckTimeout,
            Repetition = Repeat(Count, IntervalMs),
            Connect = new HttpConnectOptions
            {
                Timeout = CheckTimeout,
                Proxy = proxy,
                ProxyFields = Array.FindAll(Headers, IsForProxy),
                Tls = new TlsClientOptions
                {
                    Trusted = TrustedCertificate?.ReadTrusted(PasswordTransformationAttribute.Reveal(CertificatePassword), StopToken),
                    Certificate = ClientCertificate?.Read(PasswordTransformationAttribute.Reveal(CertificatePassword), StopToken).ToContext(
                        "-ClientCertificate"),
                    Alpn = ["http/1.1"],
                    SkipCertificateCheck = SkipCertificateCheck,
                    Soon = TimeSpan.FromDays(WarningDays ?? 0),
                },
            },
        };
    }

    /// <summary>Whether a field is for a proxy, and not for the server behind it (RFC 9110, section 11.7.2).</summary>
    private static bool IsForProxy(HttpField field) => field.Name.Equals("Proxy-Authorization", StringComparison.OrdinalIgnoreCase);

    /// <summary>Numbers as runs: 200-399, 404.</summary>
    private static string Words(IEnumerable<int> codes)
    {
        List<(int First, int Last)> runs = [];
        foreach (int code in codes.Order())
        {
            if (runs.Count > 0 && runs[^1].Last == code - 1)
            {
                runs[^1] = (runs[^1].First, code);
            }
            else
            {
                runs.Add((code, code));
            }
        }

        return string.Join(", ", runs.Select(run => run.First == run.Last
            ? run.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{run.First}-{run.Last}")));
    }
}
