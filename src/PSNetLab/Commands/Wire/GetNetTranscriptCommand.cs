using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Capture;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Gets what was recorded with -Transcript: of a job, of a connection, or everything lately.</summary>
[Cmdlet(VerbsCommon.Get, "NetTranscript", DefaultParameterSetName = SessionSet)]
[OutputType(typeof(NetTranscriptEvent))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class GetNetTranscriptCommand : NetCmdlet
{
    private const string SessionSet = "Session";
    private const string JobSet = "Job";
    private const string ConnectionSet = "Connection";

    // How often the end of a source is looked for.
    private const int SliceMilliseconds = 50;

    // A send is recorded after it, perhaps after the answer: events so close together are put in order.
    private const int SettleMilliseconds = 20;

    /// <summary>The server or proxy that recorded.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<ServerJob>))]
    public ServerJob? Job { get; set; }

    /// <summary>The connection whose events to get: one of Open-TcpConnection, or of a server.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ConnectionSet)]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public TcpConnection? Connection { get; set; }

    /// <summary>The numbers of the connections. Default: all.</summary>
    [Parameter(ParameterSetName = SessionSet)]
    [Parameter(ParameterSetName = JobSet)]
    [ArgumentCompleter(typeof(TranscriptConnectionIdCompleter))]
    public int[]? ConnectionId { get; set; }

    /// <summary>Only what went this way. Default: both ways, and events that have none.</summary>
    [Parameter]
    public NetTranscriptDirection? Direction { get; set; }

    /// <summary>Only so many events, the last ones. Default: all.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int Last { get; set; } = int.MaxValue;

    /// <summary>Emits further events as they happen, until the job or connection ends; without one, until Ctrl+C.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == SessionSet)
        {
            if (Recordings.All.Length == 0 && !Wait)
            {
                WriteWarning("Nothing was recorded in this process. Add -Transcript to what starts a server, opens a connection or sends.");
                return;
            }

            Emit(() => Recordings.All, () => false, new TranscriptReader { Matches = HasChosenId });
            return;
        }

        try
        {
            Transcript transcript = Connection is null ? Of(Job!) : Of(Connection);
            int? one = Connection?.Id;
            Transcript[] all = [transcript];
            object source = (object?)Connection ?? Job!;
            Emit(
                () => all,
                () => Recordings.HasEnded(source),
                new TranscriptReader { Matches = conversation => one is null ? HasChosenId(conversation) : conversation.Id == one });
        }
        catch (NetLabException fault)
        {
            Report(fault, Connection is null ? Job!.Local : Connection.Remote);
        }
    }

    /// <exception cref="NetLabException">It does not record.</exception>
    private static Transcript Of(ServerJob job) => job.Transcript ?? throw new NetLabException(
        FaultKind.InvalidParameters,
        $"{job.Name} on {job.Local} was started without -Transcript, so nothing was recorded. Start it again, with -Transcript.");

    private static Transcript Of(TcpConnection connection) => connection.Transcript ?? throw new NetLabException(
        FaultKind.InvalidParameters,
        $"The connection with {connection.Remote} is not recorded. Add -Transcript to Open-TcpConnection or, if a server accepted it, to "
            + "what started the server.");

    private void Emit(Func<Transcript[]> transcripts, Func<bool> hasEnded, TranscriptReader reader)
    {
        Transcript[] now = transcripts();
        bool isOver = !Wait || hasEnded();
        if (!Wait)
        {
            ReportUnknown(now);
        }

        foreach (NetTranscriptEvent item in reader.Read(now).Where(IsWanted).TakeLast(Last))
        {
            WriteObject(item);
        }

        long missed = 0;
        while (!isOver)
        {
            isOver = hasEnded();
            if (!isOver)
            {
                if (!reader.HasMore(transcripts()))
                {
                    Pause(SliceMilliseconds);
                    continue;
                }

                Pause(SettleMilliseconds);
            }

            foreach (NetTranscriptEvent item in reader.Read(transcripts()).Where(IsWanted))
            {
                WriteObject(item);
            }

            if (reader.Missed > missed)
            {
                WriteWarning($"{reader.Missed - missed} events were gone before the pipeline took them, because the transcript had reached "
                    + "its limit. Raise -TranscriptBytes, or read faster.");
                missed = reader.Missed;
            }
        }
    }

    private bool HasChosenId(Conversation conversation) => ConnectionId is null || ConnectionId.Contains(conversation.Id);

    private bool IsWanted(NetTranscriptEvent item) => Direction is null || item.Direction == Direction;

    private void ReportUnknown(Transcript[] transcripts)
    {
        if (ConnectionId is null)
        {
            return;
        }

        int[] known = [.. transcripts.SelectMany(transcript => transcript.Conversations()).Select(one => one.Id).Order()];
        foreach (int id in ConnectionId.Except(known))
        {
            string has = known.Length == 0 ? "no connection yet" : $"the connections {IdList.Of(known)}";
            WriteError(Errors.Record(
                FaultKind.ConnectionNotFound, $"Connection {id} is not in the transcript, which has {has}.", id));
        }
    }
}
