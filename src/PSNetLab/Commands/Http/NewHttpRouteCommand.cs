using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Commands;

/// <summary>Makes a route for Start-HttpServer: which requests it answers, and how.</summary>
[Cmdlet(VerbsCommon.New, "HttpRoute", DefaultParameterSetName = StatusSet)]
[OutputType(typeof(HttpRoute))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed partial class NewHttpRouteCommand : HttpCriteriaCmdlet
{
    private const string StatusSet = "Status";
    private const string JsonSet = "Json";
    private const string TextSet = "Text";
    private const string BytesSet = "Bytes";
    private const string FileSet = "File";
    private const string ScriptSet = "ScriptBlock";
    private const string SequenceSet = "Sequence";
    private const string WebSocketSet = "WebSocket";
    private const string EventStreamSet = "EventStream";
    private const string TunnelSet = "Tunnel";

    /// <summary>
    /// The path, such as /users/{id} or /files/{rest*}, perhaps with a method before it and a query behind it, as in 'GET /users?page=2'.
    /// Default: every path.
    /// </summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? Path { get; set; }

    /// <summary>A script block that says whether a request is the right one; the request is $_. Default: every one is.</summary>
    [Parameter]
    [NoFiles]
    public ScriptBlock? When { get; set; }

    /// <summary>The status of the answer. Default: 200.</summary>
    [Parameter(ParameterSetName = StatusSet)]
    [Parameter(ParameterSetName = JsonSet)]
    [Parameter(ParameterSetName = TextSet)]
    [Parameter(ParameterSetName = BytesSet)]
    [Parameter(ParameterSetName = FileSet)]
    [Parameter(ParameterSetName = ScriptSet)]
    [NoFiles]
    public int Status { get; set; } = 200;

    /// <summary>An object that is sent as JSON.</summary>
    [Parameter(Mandatory = true, ParameterSetName = JsonSet)]
    [System.Management.Automation.AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [NoFiles]
    public object? Json { get; set; }

    /// <summary>A text that is sent, in UTF-8.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TextSet)]
    [AllowEmptyString]
    [NoFiles]
    public string? Text { get; set; }

    /// <summary>Bytes that are sent.</summary>
    [Parameter(Mandatory = true, ParameterSetName = BytesSet)]
    [AllowEmptyCollection]
    [NoFiles]
    public byte[]? Bytes { get; set; }

    /// <summary>A file whose content is sent, as it is at the time of the request.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string? File { get; set; }

    /// <summary>A script block whose output is the answer; the request is $_.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ScriptSet)]
    [NoFiles]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>Several answers, one after the other: numbers, texts, objects, script blocks, routes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SequenceSet)]
    [System.Management.Automation.AllowNull]
    [AllowEmptyString]
    [NoFiles]
    public object?[]? Sequence { get; set; }

    /// <summary>
    /// Opens a WebSocket. A script block answers each message, which is $_; its output is sent as it comes, text as text, bytes as a
    /// binary message, and anything else as JSON. Echo sends each message back.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = WebSocketSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(WebSocketAnswerCompleter))]
    public object? WebSocket { get; set; }

    /// <summary>
    /// A script block that runs beside the messages from the opening of a WebSocket to its end; its output is sent as it comes. The request
    /// is $_, the WebSocket $Connection. Default: none.
    /// </summary>
    [Parameter(ParameterSetName = WebSocketSet)]
    [NoFiles]
    public ScriptBlock? OnOpen { get; set; }

    /// <summary>
    /// The subprotocols of a WebSocket: of those that the client offers, the first one that is among them is taken. Default: none.
    /// </summary>
    [Parameter(ParameterSetName = WebSocketSet)]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string[] Subprotocol { get; set; } = [];

    /// <summary>
    /// A script block whose output is sent as server-sent events, as it comes, until it ends or the client leaves; the request is $_.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = EventStreamSet)]
    [NoFiles]
    public ScriptBlock? EventStream { get; set; }

    /// <summary>
    /// After how many seconds a comment is sent on an event stream, again and again, or a Ping on a WebSocket on which nothing comes; 0
    /// for never. Default: 0 for an event stream, 30 for a WebSocket.
    /// </summary>
    [Parameter(ParameterSetName = EventStreamSet)]
    [Parameter(ParameterSetName = WebSocketSet)]
    [ValidateRange(0.0, 86400.0)]
    [NoFiles]
    public double? HeartbeatSec { get; set; }

    /// <summary>Opens tunnels for CONNECT, as a forward proxy does.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TunnelSet)]
    public SwitchParameter Tunnel { get; set; }

    /// <summary>
    /// The addresses or CIDR ranges that tunnels may lead to; a name is resolved first. Default: this machine, 127.0.0.0/8 and ::1, for
    /// clients on it; other clients may open none.
    /// </summary>
    [Parameter(ParameterSetName = TunnelSet)]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string[] AllowAddress { get; set; } = ConnectService.DefaultTargets;

    /// <summary>The seconds it may take to connect to the target of a tunnel. Default: 10.</summary>
    [Parameter(ParameterSetName = TunnelSet)]
    [ValidateRange(0.001, 86400.0)]
    [NoFiles]
    public double TimeoutSec { get; set; } = ConnectService.DefaultTimeout.TotalSeconds;

    /// <summary>What follows the last answer of -Sequence. Default: Last, which gives it again.</summary>
    [Parameter(ParameterSetName = SequenceSet)]
    public RouteEnd AtEnd { get; set; } = RouteEnd.Last;

    /// <summary>The Content-Type of the answer. Default: the usual one for what is sent.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContentTypeCompleter))]
    public string? ContentType { get; set; }

    /// <summary>More header fields of the answer.</summary>
    [Parameter]
    [NoFiles]
    public IDictionary ResponseHeader { get; set; } = new Hashtable();

    /// <summary>Fields after the body of the answer, which is sent in chunks for them.</summary>
    [Parameter]
    [NoFiles]
    public IDictionary ResponseTrailer { get; set; } = new Hashtable();

    /// <summary>
    /// How many milliseconds to wait before the answer: a number, or a range such as 100-300 for a random time. Default: 0.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? DelayMs { get; set; }

    /// <summary>What goes wrong with the answer. Default: nothing.</summary>
    [Parameter]
    public HttpFault? Fault { get; set; }

    /// <summary>After how many bytes of the body it goes wrong. Default: half of them; Reset comes before the answer.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    [NoFiles]
    public long? AfterBytes { get; set; }

    /// <summary>How many bytes of the body are sent in a second. Default: 0, as many as possible.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int BytesPerSecond { get; set; }

    /// <summary>How many requests the route answers before it is over. Default: no limit.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int? Times { get; set; }

    /// <summary>The probability, from 0 to 1, that the route answers a request that it could answer. Default: 1.</summary>
    [Parameter]
    [ValidateRange(0.0, 1.0)]
    [NoFiles]
    public double Probability { get; set; } = 1;

    /// <summary>Routes with a higher priority are asked first. Default: 0.</summary>
    [Parameter]
    [NoFiles]
    public int Priority { get; set; }

    /// <summary>The name, for records, warnings and Remove-HttpRoute. Default: method and path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            RequestCriteria criteria = Criteria(Path) with { When = When is null ? null : new JobScript(When, this) };
            criteria = ParameterSetName switch
            {
                WebSocketSet => RouteInput.ForWebSocket(criteria),
                EventStreamSet => RouteInput.ForEvents(criteria),
                TunnelSet => RouteInput.ForTunnels(criteria),
                _ => RouteInput.ForAnswers(criteria),
            };
            if (AfterBytes is not null && Fault is null)
            {
                throw new NetLabException(FaultKind.InvalidParameters, "-AfterBytes says when a fault happens, but there is none. "
                    + "Add -Fault.");
            }

            if (ParameterSetName is WebSocketSet or EventStreamSet or TunnelSet && (Fault is not null || BytesPerSecond > 0
                || ResponseTrailer.Count > 0))
            {
                throw new NetLabException(FaultKind.InvalidParameters, "-Fault, -BytesPerSecond and -ResponseTrailer are about answers "
                    + "with a body. Leave them out, or end the connection in the script block.");
            }

            IEnumerable<StubAnswer> steps = ParameterSetName == SequenceSet ? AnswerInput.FromArgument(Sequence, this) : [Answer()];
            RouteSettings settings = new() { Name = Name, Priority = Priority, Times = Times, Probability = Probability, AtEnd = AtEnd };
            WriteObject(new HttpRoute(criteria, [.. steps.Select(WithSettings)], settings));
        }
        catch (NetLabException fault)
        {
            Fail(fault, Path);
        }
    }
}
