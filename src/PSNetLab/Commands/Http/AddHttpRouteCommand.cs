using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Adds routes to a running web server.</summary>
[Cmdlet(VerbsCommon.Add, "HttpRoute")]
[OutputType(typeof(HttpRoute))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class AddHttpRouteCommand : NetCmdlet
{
    private readonly List<HttpRoute> _routes = [];

    /// <summary>The server.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<HttpServerJob>))]
    public HttpServerJob? Job { get; set; }

    /// <summary>The routes, as Start-HttpServer takes them.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [NoFiles]
    public object[]? Route { get; set; }

    /// <summary>Returns the routes of the server, whose Hits count.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            _routes.AddRange(RouteInput.FromArgument(Route, this));
        }
        catch (NetLabException fault)
        {
            Report(fault, Route);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            IReadOnlyList<HttpRoute> added = Job!.Routes().Add(_routes);
            if (PassThru)
            {
                WriteObject(added, enumerateCollection: true);
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, Job!.Local);
        }
    }
}
