using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Jobs;

/// <summary>The job behind Start-TcpServer.</summary>
public sealed class TcpServerJob : StreamServerJob, IMessageSink<TcpMessage>, ITcpServerObserver
{
    private readonly TcpServer _server;
    private readonly ReplyScript? _script;

    internal TcpServerJob(string command, string? name, RecordOptions records, TcpServerOptions options, ReplyScript? script)
        : base(command, name, "TcpServer", records)
    {
        _script = script;
        Options = options with
        {
            Sink = records.Keep ? this : null,
            Handler = script is null ? null : message => script.RunAsync(message, this),
        };
        _server = TcpServer.Bind(Options, this);
    }

    /// <summary>The open connections.</summary>
    public TcpConnection[] Connections => _server.Connections;

    /// <inheritdoc/>
    public override string StatusMessage
    {
        get
        {
            Totals totals = Totals;
            return $"{ConnectionCount} open, {totals.MessagesReceived} messages, {totals.BytesReceived} bytes in, {totals.BytesSent} out{Losses}";
        }
    }

    internal TcpServerOptions Options { get; }

    bool IMessageSink<TcpMessage>.TryAdd(TcpMessage message) => TryRecord(message);

    ValueTask IMessageSink<TcpMessage>.AddAsync(TcpMessage message) => RecordAsync(message);

    void ITcpServerObserver.Opened(TcpConnection connection) => Inform("Opened", $"Connection {connection.Id} from {connection.RemoteEndPoint} opened");

    void ITcpServerObserver.Closed(TcpConnection connection) => Inform("Closed", $"Connection {connection.Id} from {connection.RemoteEndPoint} closed: {connection.CloseReason}");

    private protected override IStreamServer Server => _server;

    private protected override Task ServeAsync()
    {
        _server.Run();
        return _server.Completion;
    }

    private protected override void StopSockets()
    {
        base.StopSockets();
        _script?.Stop();
    }

    private protected override void OnFinished() => _script?.Dispose();
}
