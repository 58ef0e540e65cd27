using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Starts a web server that answers as its routes say, as a background job.</summary>
[Cmdlet(VerbsLifecycle.Start, "HttpServer", SupportsShouldProcess = true)]
[OutputType(typeof(HttpServerJob))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed partial class StartHttpServerCommand : StartWebServerCmdlet
{
    private const double DefaultScriptTimeoutSec = 30;

    static StartHttpServerCommand() => Rehearsal.Add(static () =>
    {
        Hashtable routes = new() { ["GET /{name}"] = "text", ["POST /list"] = new object[] { 503, 200 } };

        // Only scripts ask for the caller, and there are none.
        new StubHandler(new StubOptions(), RouteInput.FromArgument(routes, caller: null!)).Dispose();
    });

    /// <summary>
    /// The routes: objects of New-HttpRoute, tables such as @{ 'GET /users/{id}' = { @{ id = $_.Params.id } } }, or a script block
    /// that answers everything. Default: none, so that every request gets 404.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    [NoFiles]
    public object[] Route { get; set; } = [];

    /// <summary>The answer to every request that no route answers: a number is a status, a list a sequence. Default: none.</summary>
    [Parameter]
    [AllowEmptyString]
    [NoFiles]
    public object? Reply { get; set; }

    /// <summary>Makes an error of the job of every request that no route answers, instead of a warning.</summary>
    [Parameter]
    public SwitchParameter Strict { get; set; }

    /// <summary>The maximum size of the body of a request in bytes; a longer one gets 413. Default: 16777216.</summary>
    [Parameter]
    [ValidateRange(0, 1024 * 1024 * 1024)]
    [NoFiles]
    public int MaxBodyBytes { get; set; } = StubOptions.DefaultMaxBodyBytes;

    /// <summary>How many script blocks of routes may run at once, each in a runspace of its own. Default: 4.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    [NoFiles]
    public int ThrottleLimit { get; set; } = 4;

    /// <summary>The seconds a script block may run; then it is ended, and the client gets 500. Default: 30.</summary>
    [Parameter]
    [ValidateRange(0.1, SecondsPerDay)]
    [NoFiles]
    public double ScriptTimeoutSec { get; set; } = DefaultScriptTimeoutSec;

    private readonly List<HttpRoute> _routes = [];

    private protected override string Action => "Answer HTTP requests";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            _routes.AddRange(RouteInput.FromArgument(Route, this));
        }
        catch (NetLabException fault)
        {
            Fail(fault, Route);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => base.ProcessRecord();

    private protected override ServerJob Bind(IPEndPoint endPoint)
    {
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Reply)))
        {
            _routes.Add(RouteInput.OfAnswers(new RequestCriteria(), Reply, this));
        }

        Recorder? recorder = ReadRecording();
        Forwarder? forwarder = CreateForwarder(recorder);
        HttpServerJob? job = null;
        HttpScripts scripts = new(this, ThrottleLimit, TimeSpan.FromSeconds(ScriptTimeoutSec));
        StubOptions options = CompleteWeb(
            new StubOptions
            {
                MaxBodyBytes = MaxBodyBytes,
                Cors = Cors,
                Credential = ReadCredential(endPoint),
                JournalLimit = NoRecord ? 0 : BufferLimit,
                Scripts = scripts,
                Upstream = forwarder,
                Secrets = new Redactor(RedactName),
                OnUnmatched = (request, text) => job!.Write(Strict
                    ? Errors.Record(FaultKind.RequestNotMatched, text, request.Remote)
                    : new WarningRecord(text)),
            },
            endPoint);
        job = new HttpServerJob(CommandLine, Name, Records(WhenFull.Drop), options, new StubHandler(options, _routes), path: null,
            OpenLog, scripts, recorder);

        // Only now, when there is a job that ends with its runspaces.
        if (_routes.Exists(route => route.HasScript))
        {
            scripts.Runner.Prepare();
        }

        return job;
    }
}
