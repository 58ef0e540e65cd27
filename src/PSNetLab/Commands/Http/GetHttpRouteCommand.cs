using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Gets the routes of a running web server.</summary>
[Cmdlet(VerbsCommon.Get, "HttpRoute")]
[OutputType(typeof(HttpRoute))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class GetHttpRouteCommand : NetCmdlet
{
    /// <summary>The server.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<HttpServerJob>))]
    public HttpServerJob? Job { get; set; }

    /// <summary>The names of the routes, with wildcards. Default: all.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(HttpRouteCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            IReadOnlyList<HttpRoute> routes = Job!.Routes().InOrder;
            foreach (string name in Name)
            {
                HttpRoute[] found = [.. routes.Where(RouteNames.Filter(name))];
                if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                {
                    Report(RouteNames.NotFound(name, routes), name);
                }

                WriteObject(found, enumerateCollection: true);
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, Job!.Local);
        }
    }
}
