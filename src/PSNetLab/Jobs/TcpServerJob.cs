using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Jobs;

/// <summary>The job behind Start-TcpServer.</summary>
public sealed class TcpServerJob : StreamServerJob, IMessageSink<TcpMessage>
{
    private readonly DialogueRuns _dialogues = new();
    private readonly StreamServer _server;
    private readonly TcpScripts _scripts;
    private readonly FramingScripts? _framing;

    internal TcpServerJob(string command, string? name, RecordOptions records, TcpServerOptions options, TcpScripts scripts)
        : base(command, name, "TcpServer", records)
    {
        _scripts = scripts;
        _framing = FramingScripts.Of(options.Framing);
        if (_framing is not null)
        {
            _framing.Job = this;
        }

        Options = scripts.In(options with { Sink = records.Keep ? this : null }, this);
        _server = StreamServer.Bind(Options, new TcpMessageHandler(Options));
    }

    /// <summary>The open connections at this moment. Each object is live: its state and counts stay current.</summary>
    public TextList<TcpConnection> Connections => new(Array.ConvertAll(_server.Connections, Of));

    /// <summary>How far each client has come in the dialogue, for the last 1,000. Each object is live.</summary>
    public TextList<DialogueRun> Dialogue => new(_dialogues.ToArray());

    /// <inheritdoc/>
    public override string StatusMessage
    {
        get
        {
            Totals totals = Totals;
            return $"{ConnectionCount} open, {totals.MessagesReceived} messages, "
                + $"{totals.BytesReceived} bytes in, {totals.BytesSent} out{Losses}";
        }
    }

    internal TcpServerOptions Options { get; }

    bool IMessageSink<TcpMessage>.TryAdd(TcpMessage message) => TryRecord(message);

    ValueTask IMessageSink<TcpMessage>.AddAsync(TcpMessage message, CancellationToken cancellationToken)
        => RecordAsync(message, cancellationToken);

    private protected override void OnOpened(IServedConnection connection)
    {
        if (((TcpSession)connection).Dialogue is { } dialogue)
        {
            _dialogues.Add(dialogue);
        }

        Inform("Opened", $"Connection {Of(connection).Id} from {Of(connection).Remote} opened");
    }

    private protected override void OnClosed(IServedConnection connection)
        => Inform("Closed", $"Connection {Of(connection).Id} from {Of(connection).Remote} closed: {Of(connection).CloseReason}");

    private protected override StreamServer Server => _server;

    private protected override Task WorkAsync()
    {
        _scripts.Prepare();
        _framing?.Prepare();
        return base.WorkAsync();
    }

    private protected override void BeginStop()
    {
        base.BeginStop();
        _scripts.Stop();
        _framing?.Stop();
    }

    private protected override void OnFinished()
    {
        _scripts.Dispose();
        _framing?.Dispose();
    }

    private static TcpConnection Of(IServedConnection connection) => ((TcpSession)connection).Connection;
}
