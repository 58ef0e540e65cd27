using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>Completes -Uri with the running web servers of this module.</summary>
public sealed class ServerUriCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => from job in LiveJobs.Jobs.OfType<HttpServerJob>()
           orderby job.Id
           select (job.Uri.ToString(), $"{job.PSJobTypeName} {job.Name}");
}

/// <summary>Completes -Method.</summary>
public sealed class HttpMethodCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words =>
    [
        ("GET", "Get what is there (RFC 9110, section 9.3.1)"),
        ("HEAD", "Get the header fields without the body (section 9.3.2)"),
        ("POST", "Hand over a body to be worked on (section 9.3.3)"),
        ("PUT", "Put the body there (section 9.3.4)"),
        ("PATCH", "Change a part of what is there (RFC 5789)"),
        ("DELETE", "Delete what is there (section 9.3.5)"),
        ("OPTIONS", "Ask what is possible (section 9.3.7)"),
        ("TRACE", "Get the request back as it arrived (section 9.3.8)"),
        ("CONNECT", "Have a proxy open a tunnel (section 9.3.6)"),
    ];
}

/// <summary>Completes -ContentType.</summary>
public sealed class ContentTypeCompleter : WordCompleter
{
    private static readonly string[] s_types =
    [
        "application/json",
        "application/problem+json",
        "application/xml",
        "text/plain",
        "text/html",
        "text/csv",
        "application/octet-stream",
    ];

    private protected override IEnumerable<(string Word, string Tooltip)> Words => s_types.Select(type => (type, type));
}

/// <summary>Completes -WebSocket.</summary>
public sealed class WebSocketAnswerCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words => [(RouteInput.Echo, "Sends each message back")];
}

/// <summary>Completes the names of routes of the server that -Job chooses; without it, of all.</summary>
public sealed class HttpRouteCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string typed = wordToComplete.Trim('\'', '"');
        IEnumerable<HttpServerJob> servers = JobReference.Find<HttpServerJob>(fakeBoundParameters, commandAst)
            ?? LiveJobs.Jobs.OfType<HttpServerJob>();
        IEnumerable<CompletionResult> found = from server in servers
                                              where server.Handler is StubHandler
                                              from route in ((StubHandler)server.Handler).InOrder
                                              where route.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)
                                              select Offer.Word(route.Name, route.ToString());
        return found.OrTyped(wordToComplete);
    }
}

/// <summary>Completes -CacheControl.</summary>
public sealed class CacheControlCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words =>
    [
        ("no-cache", "Ask each time whether the file has changed (the default)"),
        ("no-store", "Keep nothing"),
        ("max-age=3600", "Use it for an hour without asking"),
        ("public, max-age=31536000, immutable", "Use it for a year: for files whose name changes with their content"),
    ];
}
