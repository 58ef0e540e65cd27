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
