using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Removes routes from a running web server.</summary>
[Cmdlet(VerbsCommon.Remove, "HttpRoute", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class RemoveHttpRouteCommand : NetCmdlet
{
    private const string NameSet = "Name";
    private const string RouteSet = "Route";

    /// <summary>The server.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<HttpServerJob>))]
    public HttpServerJob? Job { get; set; }

    /// <summary>The names of the routes, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = NameSet)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(HttpRouteCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The routes, as Get-HttpRoute returns them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = RouteSet)]
    [NoFiles]
    public HttpRoute[]? Route { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            StubHandler handler = Job!.Routes();
            if (Route is not null)
            {
                foreach (HttpRoute route in Route)
                {
                    Remove(handler, route.Name, known => ReferenceEquals(known, route));
                }

                return;
            }

            foreach (string name in Name!)
            {
                Remove(handler, name, RouteNames.Filter(name).Invoke);
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, Job!.Local);
        }
    }

    private void Remove(StubHandler handler, string name, Predicate<HttpRoute> condition)
    {
        if (ShouldProcess($"{name} of {Job!.Local}", "Remove route") && handler.Remove(condition) == 0
            && !WildcardPattern.ContainsWildcardCharacters(name))
        {
            Report(RouteNames.NotFound(name, handler.InOrder), name);
        }
    }
}
