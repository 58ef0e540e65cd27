using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Http.WebSockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Commands;

/// <content>What the parameters say of the answers.</content>
public sealed partial class NewHttpRouteCommand
{
    private StubAnswer Answer()
    {
        StubAnswer answer = new() { Status = AnswerInput.CheckStatus(Status), Fields = Fields() };
        return ParameterSetName switch
        {
            JsonSet => AnswerInput.WithBody(answer, new JsonFragment(JsonText.From(Json))),
            TextSet => AnswerInput.WithBody(answer, Text),
            BytesSet => AnswerInput.WithBody(answer, Bytes),
            FileSet => AnswerInput.Typed(answer, MediaTypes.Default.Find(FullPath()).With(charset: null))
                with { File = FullPath(), Kind = "file" },
            ScriptSet => answer with { Script = new JobScript(ScriptBlock!, this) },
            WebSocketSet => answer with { Service = WithParameters(RouteInput.WebSocket(WebSocket, this)) },
            EventStreamSet => answer with
            {
                Service = new EventStreamService(new JobScript(EventStream!, this), TimeSpan.FromSeconds(HeartbeatSec ?? 0)),
            },
            TunnelSet => answer with
            {
                Service = new ConnectService(
                    MyInvocation.BoundParameters.ContainsKey(nameof(AllowAddress)) ? new AddressFilter(AllowAddress, null) : null,
                    TimeSpan.FromSeconds(TimeoutSec)),
            },
            _ => answer,
        };
    }

    private WebSocketService WithParameters(WebSocketService service) => new()
    {
        Script = service.Script,
        Opening = OnOpen is null ? null : new JobScript(OnOpen, this),
        Protocols = Subprotocol,
        Heartbeat = HeartbeatSec is { } seconds ? TimeSpan.FromSeconds(seconds) : WebSocketOptions.DefaultHeartbeat,
    };

    /// <summary>What holds for each answer.</summary>
    private StubAnswer WithSettings(StubAnswer answer) => answer with
    {
        Fields = ParameterSetName == SequenceSet ? [.. answer.Fields, .. Fields()] : answer.Fields,
        DelayMilliseconds = DelayMs is null ? answer.DelayMilliseconds : RouteInput.Delay(DelayMs),
        Fault = Fault ?? answer.Fault,
        AfterBytes = AfterBytes ?? answer.AfterBytes,
        Trailers = ResponseTrailer.Count > 0 ? Trailers() : answer.Trailers,
        BytesPerSecond = BytesPerSecond > 0 ? BytesPerSecond : answer.BytesPerSecond,
    };

    private IReadOnlyList<KeyValuePair<string, string>> Fields()
    {
        List<KeyValuePair<string, string>> fields = Tables.Pairs(ResponseHeader);
        if (ContentType is not null)
        {
            fields.Insert(0, FieldLines.Field(AnswerInput.ContentType, ContentType));
        }

        return FieldLines.CheckResponse(fields, nameof(ResponseHeader));
    }

    private IReadOnlyList<KeyValuePair<string, string>> Trailers()
        => FieldLines.CheckResponse(Tables.Pairs(ResponseTrailer), nameof(ResponseTrailer));

    /// <summary>Whether a file has no length, as a pipe, which would hold up every request for it.</summary>
    private bool IsPipe(string path)
    {
        const int PatienceMs = 1000;
        Task<bool> looking = SlowFile.ReadAsync(() =>
        {
            try
            {
                using FileStream file = System.IO.File.OpenRead(path);
                return !file.CanSeek;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Each request tells.
                return false;
            }
        });
        return !Await(looking, TimeSpan.FromMilliseconds(PatienceMs)) || looking.Result;
    }

    private string FullPath()
    {
        string path = GetUnresolvedProviderPathFromPSPath(File);
        return System.IO.File.Exists(path) && !IsPipe(path)
            ? path
            : throw new NetLabException(FaultKind.PathNotFound, $"'{path}' is not a file. Set -File to one.") { Subject = path };
    }
}
