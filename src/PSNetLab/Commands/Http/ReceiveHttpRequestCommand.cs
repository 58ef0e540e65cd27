using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Receives the records of the requests that a web server has answered.</summary>
[Cmdlet(VerbsCommunications.Receive, "HttpRequest")]
[OutputType(typeof(HttpRequestRecord))]
public sealed class ReceiveHttpRequestCommand : ReceiveCmdlet
{
    /// <summary>The server whose records to receive.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<HttpServerJob>))]
    public HttpServerJob? Job { get; set; }

    private protected override string Advice => $"Check that the client is running and requests {Job!.Uri}";

    private protected override string Messages => "requests";

    /// <inheritdoc/>
    protected override void ProcessRecord() => ReceiveFrom(Job!);
}
