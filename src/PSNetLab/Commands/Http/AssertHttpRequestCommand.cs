using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Fails unless a web server has received certain requests.</summary>
[Cmdlet(VerbsLifecycle.Assert, "HttpRequest", DefaultParameterSetName = AtLeastSet)]
[OutputType(typeof(HttpRequestRecord))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class AssertHttpRequestCommand : HttpCriteriaCmdlet
{
    private const string AtLeastSet = "AtLeast";
    private const string ExactlySet = "Exactly";
    private const string NeverSet = "Never";
    private const string InOrderSet = "InOrder";

    /// <summary>The server.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<HttpServerJob>))]
    public HttpServerJob? Job { get; set; }

    /// <summary>
    /// The path of the request, as for New-HttpRoute: '/users/{id}', 'POST /pay'. Of several, each must have been received. Default: every
    /// path.
    /// </summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string[] Path { get; set; } = ["*"];

    /// <summary>How many such requests there must be at least. Default: 1.</summary>
    [Parameter(ParameterSetName = AtLeastSet)]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int AtLeast { get; set; } = 1;

    /// <summary>How many such requests there must be, no more and no less.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ExactlySet)]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int Exactly { get; set; }

    /// <summary>There must be no such request, also none within -TimeoutSec.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NeverSet)]
    public SwitchParameter Never { get; set; }

    /// <summary>The requests of -Path must have come in this order. Others may be between them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InOrderSet)]
    public SwitchParameter InOrder { get; set; }

    /// <summary>How many seconds to wait for requests that are still missing. Default: 0, do not wait.</summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    [NoFiles]
    public double TimeoutSec { get; set; }

    /// <summary>Returns the records of the requests.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            StubHandler routes = Job!.Routes();
            RequestJournal journal = routes.Journal ?? throw new NetLabException(
                FaultKind.InvalidParameters, $"The server on {Job!.Local} was started with -NoRecord, so it does not know its "
                    + $"requests. Start it without -NoRecord.");
            RequestExpectation expectation = new([.. Path.Select(Criteria)], ExpectedCount(), InOrder, routes.Options.Secrets);
            HttpRequestRecord[] found = WaitFor(expectation, journal);
            if (PassThru)
            {
                WriteObject(found, enumerateCollection: true);
            }
        }
        catch (NetLabException fault)
        {
            Fail(fault, Job!.Local);
        }
    }

    private (int Least, int Most) ExpectedCount() => ParameterSetName switch
    {
        ExactlySet => (Exactly, Exactly),
        NeverSet => (0, 0),
        AtLeastSet => (AtLeast, int.MaxValue),
        _ => (1, int.MaxValue),
    };

    private HttpRequestRecord[] WaitFor(RequestExpectation expectation, RequestJournal journal)
    {
        long end = Environment.TickCount64 + (long)(TimeoutSec * 1000);
        while (true)
        {
            HttpRequestRecord[] requests = journal.Read(out Task changed);
            ExpectationState state = expectation.Compare(requests, out HttpRequestRecord[] found);
            long left = end - Environment.TickCount64;

            // That something never happens is true only when the time is over.
            bool mayChange = state == ExpectationState.TooFew || (state == ExpectationState.Met && Never);
            if (!mayChange || left <= 0)
            {
                return state == ExpectationState.Met ? found : throw expectation.Fault(requests, journal.Forgotten, TimeoutSec);
            }

            ShowWaiting(
                milliseconds
                    => Await(changed, TimeSpan.FromMilliseconds(Math.Min(milliseconds, Math.Max(0, end - Environment.TickCount64))))
                        || Environment.TickCount64 >= end,
                $"Waiting for requests on {Job!.Local}",
                () => $"{found.Length} so far");
        }
    }
}
