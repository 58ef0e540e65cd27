using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Http.Recordings;

namespace PSNetLab.Commands;

/// <content>Recordings: made from an upstream, and given in its place.</content>
public sealed partial class StartHttpServerCommand
{
    /// <summary>
    /// What to do with the requests that no route answers: Forward, Record, Replay or Spy. Default: Forward with -Upstream, Replay with
    /// -Recording alone.
    /// </summary>
    [Parameter]
    public UpstreamMode? Mode { get; set; }

    /// <summary>The file of the recording: .json, or .har for an HTTP Archive. Default: none; Export-HttpRecording writes one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Recording { get; set; }

    /// <summary>What follows the last recorded answer to a request. Default: Last, which gives it again.</summary>
    [Parameter]
    public RouteEnd AtEnd { get; set; } = RouteEnd.Last;

    /// <summary>Lets recorded answers take as long as they took. Default: off.</summary>
    [Parameter]
    public SwitchParameter KeepLatency { get; set; }

    /// <summary>
    /// More names whose values are secrets, and are neither recorded nor shown in errors. Default: none besides the usual ones.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string[] RedactName { get; set; } = [];

    private bool MustReplay => UsedMode == UpstreamMode.Replay;

    private UpstreamMode? UsedMode => Mode
        ?? (Upstream is not null ? UpstreamMode.Forward : Recording is not null ? UpstreamMode.Replay : null);

    /// <summary>Adds the routes of the recording, and returns what records; null if nothing does.</summary>
    private Recorder? ReadRecording()
    {
        CheckMode();
        string? path = Recording is null ? null : GetUnresolvedProviderPathFromPSPath(Recording);
        Redactor redactor = new(RedactName);
        ReplayOptions replay = new(AtEnd, KeepLatency) { Redactor = redactor };
        switch (UsedMode)
        {
            case UpstreamMode.Replay:
                _routes.AddRange(Read(() => RecordedRoutes.Load(path!, replay)));
                return null;
            case UpstreamMode.Spy:
                IReadOnlyList<RecordedExchange> before = path is null || !File.Exists(path) ? [] : Read(() => RecordingReader.Read(path));
                _routes.AddRange(RecordedRoutes.Of(before, replay));
                return CreateRecorder(path, redactor, before);
            case UpstreamMode.Record:
                return CreateRecorder(path, redactor, []);
            default:
                return null;
        }
    }

    private Recorder CreateRecorder(string? path, Redactor redactor, IReadOnlyList<RecordedExchange> before)
    {
        if (path is not null && !Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw new NetLabException(
                FaultKind.PathNotFound, $"The folder of -Recording {path} is not there. Make it first.") { Subject = path };
        }

        return new Recorder(new RecorderOptions(path, redactor, BufferLimit, MaxBodyBytes), before);
    }

    private void CheckMode()
    {
        string? problem = UsedMode switch
        {
            UpstreamMode.Replay when Recording is null => "-Mode Replay needs the file to give answers from. Add -Recording.",
            UpstreamMode.Forward or UpstreamMode.Record or UpstreamMode.Spy when Upstream is null
                => $"-Mode {Mode} needs the server to pass requests on to. Add -Upstream.",
            UpstreamMode.Forward when Recording is not null => Mode is null
                ? "-Upstream and -Recording together may mean several things. Add -Mode Record, Spy or Replay."
                : "-Mode Forward records nothing. Leave out -Recording, or choose -Mode Record or Spy.",
            _ => null,
        };
        if (problem is not null)
        {
            throw new NetLabException(FaultKind.InvalidParameters, problem);
        }
    }
}
