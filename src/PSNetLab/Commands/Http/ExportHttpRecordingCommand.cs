using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Writes requests and their answers to a file, without their secrets.</summary>
[Cmdlet(VerbsData.Export, "HttpRecording", SupportsShouldProcess = true, DefaultParameterSetName = JobSet)]
[OutputType(typeof(FileInfo))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class ExportHttpRecordingCommand : NetCmdlet
{
    private const string JobSet = "Job";
    private const string ExchangeSet = "Exchange";

    private readonly List<RecordedExchange> _exchanges = [];
    private readonly List<string> _names = [];
    private readonly DecodingLimit _limit = DecodingLimit.OfFile();

    /// <summary>The file to write: .json, or .har for an HTTP Archive.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>The server that records.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<HttpServerJob>))]
    public HttpServerJob? Job { get; set; }

    /// <summary>What Send-HttpRequest returned.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ExchangeSet)]
    [NoFiles]
    public HttpExchangeResult[]? InputObject { get; set; }

    /// <summary>More names whose values are secrets, and are not written. Default: none besides the usual ones.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string[] RedactName { get; set; } = [];

    /// <summary>Replaces a file that is there. Default: off.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Returns the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ExchangeSet)
        {
            Array.ForEach(InputObject!, Take);
            return;
        }

        try
        {
            Recorder recorder = Job!.Recorder ?? throw new NetLabException(
                FaultKind.InvalidParameters,
                $"The server on {Job.Local} records nothing. Start it with -Upstream and -Mode Record or Spy.");
            _exchanges.AddRange(recorder.Read());
            _names.AddRange(recorder.Redactor.More);
        }
        catch (NetLabException fault)
        {
            Fail(fault, Job!.Local);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        using NewFile file = new(GetUnresolvedProviderPathFromPSPath(Path), Force);
        try
        {
            file.ThrowIfThere();
            if (ShouldProcess(file.Path, $"Write {_exchanges.Count.ToString(CultureInfo.InvariantCulture)} recorded exchanges"))
            {
                Redactor redactor = new([.. RedactName, .. _names]);
                file.Begin();
                file.Do(() => RecordingWriter.Write(file.Stream, file.Path, _exchanges.ConvertAll(redactor.Redact), redactor));
                file.End();
                if (PassThru)
                {
                    WriteObject(new FileInfo(file.Path));
                }
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, file.Path);
        }
    }

    private void Take(HttpExchangeResult result)
    {
        if (Of(result) is { } exchange)
        {
            _exchanges.Add(exchange);
        }
        else
        {
            WriteWarning($"{PeerText.Visible($"{result}")} has no complete answer and is left out.");
        }
    }

    private RecordedExchange? Of(HttpExchangeResult result)
    {
        if (!result.Complete || result.Response is not { StatusCode: >= 200 and int status } response)
        {
            return null;
        }

        List<KeyValuePair<string, string>> fields = Pairs(response.Headers.All);
        List<KeyValuePair<string, string>> sentFields = Pairs(result.Request.Headers.All);
        byte[] body = BodyCodings.TakeOff(response.BodyBytes, fields, _limit, out string? omitted);
        byte[] sent = BodyCodings.TakeOff(Sent(result.Request), sentFields, _limit, out string? requestOmitted);
        return new RecordedExchange
        {
            Time = result.Began,
            Milliseconds = result.Phases.Total,
            Method = result.Request.Method,
            Target = Target(result),
            RequestFields = sentFields,
            RequestBody = sent.Length > 0 ? sent : null,
            RequestOmitted = requestOmitted,
            Status = status,
            Fields = RecordingReader.Sendable(fields),
            HeadLength = RecordingReader.Length(fields),
            Body = body,
            Omitted = omitted,
        };
    }

    /// <summary>What was asked for, which -Raw may say otherwise than the URI.</summary>
    private static string Target(HttpExchangeResult result)
    {
        string sent = result.Request.Target;
        return sent.StartsWith('/') && !sent.AsSpan().ContainsAnyExceptInRange('!', '~') ? sent : HttpUri.Parse(result.Uri).Target;
    }

    /// <summary>The body of a request, without chunks.</summary>
    private static byte[] Sent(HttpSentRequest request)
    {
        if (request.Headers["Transfer-Encoding"] is null)
        {
            return request.ContentBytes;
        }

        List<byte> body = [];
        BodyReader reader = BodyReader.Chunked;
        ReadOnlySpan<byte> rest = request.ContentBytes;
        int consumed;
        do
        {
            reader.Read(rest, out consumed, out ReadOnlySpan<byte> data);
            body.AddRange(data);
            rest = rest[consumed..];
        }
        while (consumed > 0);
        return [.. body];
    }

    private static List<KeyValuePair<string, string>> Pairs(IEnumerable<HttpField> fields)
        => [.. fields.Select(one => FieldLines.Field(one.Name, one.Value))];
}
