using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Commands;

/// <summary>The parameters of every cmdlet that says what a request has to be like.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public abstract class HttpCriteriaCmdlet : NetCmdlet
{
    /// <summary>The methods, one of which a request must have. Default: any.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HttpMethodCompleter))]
    public string[] Method { get; set; } = [];

    /// <summary>
    /// What the query must have: a text is the exact value, a regex must match, $true means any value, $false or $null none. Default:
    /// anything.
    /// </summary>
    [Parameter]
    [NoFiles]
    public IDictionary? Query { get; set; }

    /// <summary>What the header must have, as with -Query. Default: anything.</summary>
    [Parameter]
    [NoFiles]
    public IDictionary? Header { get; set; }

    /// <summary>
    /// What the body must be: a text is the whole body, a regex must match, and of a table or an object, the body must have all members in
    /// its JSON. Default: anything.
    /// </summary>
    [Parameter]
    [AllowEmptyString]
    [NoFiles]
    public object? Body { get; set; }

    /// <summary>What the parameters ask for.</summary>
    /// <param name="target">The path, perhaps with a method before it and a query behind it; null for any.</param>
    private protected RequestCriteria Criteria(string? target)
    {
        RequestCriteria criteria = target is null ? new RequestCriteria() : RouteInput.Target(target);
        if (Method.Length > 0)
        {
            if (criteria.Methods.Count > 0)
            {
                throw new NetLabException(FaultKind.InvalidRoute,
                    $"'{target}' has a method already. Leave out either that or -Method.") { Subject = target };
            }

            criteria = criteria with { Methods = RouteInput.Methods(Method) };
        }

        return criteria with
        {
            Query = [.. criteria.Query, .. RouteInput.Values(Query)],
            Headers = RouteInput.Values(Header),
            Body = RouteInput.Body(Body),
        };
    }
}
