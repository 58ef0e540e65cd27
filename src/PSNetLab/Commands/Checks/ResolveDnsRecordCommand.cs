using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using PSNetLab.Binding;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.Checks.Dns;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Commands;

/// <summary>Asks name servers, and tells what each of them answered.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "DnsRecord")]
[OutputType(typeof(DnsReply), typeof(bool))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class ResolveDnsRecordCommand : CheckCmdlet
{
    /// <summary>How many questions are asked at a time: the queries that wait at a server should fit into its buffer.</summary>
    private const int DefaultThrottle = 32;

    private const int MostRetries = 100;
    private const string TypeOfNames = "A";
    private const string TypeOfAddresses = "PTR";

    private readonly DnsServerSockets _sockets = new();
    private CheckedNames? _servers;
    private DnsCheckOptions? _options;
    private string[]? _usual;

    /// <summary>-TimeoutSec: for each query. Default: 3. -ThrottleLimit: 32.</summary>
    public ResolveDnsRecordCommand()
        : base(TimeSpan.FromSeconds(DnsCheckOptions.DefaultTimeoutSec)) => ThrottleLimit = DefaultThrottle;

    /// <summary>The names to look up, or addresses, which are looked up by their names in in-addr.arpa and ip6.arpa.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ComputerName", "HostName", "IPAddress")]
    [ValidateNotNullOrEmpty]
    [DnsNameTransformation]
    [ArgumentCompleter(typeof(ComputerNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The types of records, such as A, MX or TYPE65. Default: A, and PTR for an address.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [DnsTypeTransformation]
    [ArgumentCompleter(typeof(DnsTypeCompleter))]
    public string[]? Type { get; set; }

    /// <summary>The servers to ask, each with or without a port. Default: those this machine is set up with.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameServerTransformation]
    [ArgumentCompleter(typeof(NameServerCompleter))]
    public string[]? Server { get; set; }

    /// <summary>The port of servers for which none is given. Default: 53.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    [NoFiles]
    public int Port { get; set; } = DnsServer.DefaultPort;

    /// <summary>Asks over TCP from the start. Default: over UDP, and over TCP if the answer is truncated.</summary>
    [Parameter]
    public SwitchParameter Tcp { get; set; }

    /// <summary>How many more times a server is asked that did not answer. Default: 0.</summary>
    [Parameter]
    [ValidateRange(0, MostRetries)]
    [NoFiles]
    public int Retry { get; set; }

    /// <summary>Asks for what the server itself knows, without asking others.</summary>
    [Parameter]
    public SwitchParameter NoRecursion { get; set; }

    /// <summary>Asks for signatures as well.</summary>
    [Parameter]
    public SwitchParameter Dnssec { get; set; }

    /// <summary>How large an answer over UDP may be, in bytes; 0 leaves EDNS out. Default: 1232.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    [NoFiles]
    public int EdnsSize { get; set; } = DnsCheckOptions.DefaultEdnsBytes;

    /// <summary>What the answers must be, with * for any text; or NODATA, or a code such as NXDOMAIN.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NoFiles]
    public string[]? Expect { get; set; }

    private protected override string Activity => "Asking name servers";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Dnssec && EdnsSize == 0)
        {
            Fail(new NetLabException(FaultKind.InvalidParameters, "-Dnssec needs EDNS. Leave out -EdnsSize 0."), null);
        }

        _servers = new CheckedNames(IPFamily.Any, CheckTimeout, CheckToken);
        _options = new DnsCheckOptions
        {
            Timeout = CheckTimeout,
            Retries = Retry,
            Tcp = Tcp,
            Recursion = !NoRecursion,
            Dnssec = Dnssec,
            EdnsBytes = EdnsSize,
        };
    }

    private protected override object?[] Inputs => [Name, Type, Server];

    private protected override void AddInput()
    {
        // A cell of a CSV file may be empty.
        List<DnsServer> servers = [.. (Server is { Length: > 0 } ? Server : UsualServers()).Select(ParseServer)];
        string[] expected = Array.FindAll(Expect ?? [], static text => text.Length > 0);
        DnsExpectation? expectation = expected.Length > 0 ? new DnsExpectation(expected) : null;
        List<(string Name, DnsQuestion Question)> questions = [];
        foreach (string name in Name)
        {
            try
            {
                bool isAddress = Addresses.TryParseExactly(name, out IPAddress address);
                byte[] bytes = DnsNames.Encode(isAddress ? DnsNames.Reverse(address) : name);
                foreach (string type in Type is { Length: > 0 } ? Type : [isAddress ? TypeOfAddresses : TypeOfNames])
                {
                    questions.Add((name, new DnsQuestion(bytes, DnsWords.ParseType(type))));
                }
            }
            catch (NetLabException fault)
            {
                ReportBad(fault, name);
            }
        }

        Add(questions.SelectMany(question => servers.Select(
            server => new DnsCheck(_options!, _sockets, server, question.Name, question.Question, expectation))));
    }

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _sockets.Dispose();
    }

    private protected override bool IsGood(object row) => row is DnsReply reply && (reply.Passed ?? reply.Status == DnsStatus.Answered);

    private string[] UsualServers()
    {
        _usual ??= [.. NameServers.Find().Select(static address => address.ToString())];
        if (_usual.Length == 0)
        {
            Fail(
                new NetLabException(FaultKind.InvalidParameters, "This machine is set up with no name server. Name one with -Server."),
                null);
        }

        return _usual;
    }

    private DnsServer ParseServer(string text)
    {
        HostPort.TrySplit(text, out string host, out int? port);
        return new DnsServer(_servers!.Get(host), port ?? Port);
    }
}
