using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine;

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
        _server = TcpServer.Start(Options, this);
        Run(_server.Completion);
    }

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint => _server.LocalEndPoint;

    /// <summary>The open connections.</summary>
    public TcpConnection[] Connections => _server.Connections;

    /// <summary>The number of open connections.</summary>
    public override int ConnectionCount => _server.ConnectionCount;

    /// <summary>Messages received on all connections so far.</summary>
    public override long MessageCount => _server.Totals.MessagesReceived;

    /// <summary>Bytes received on all connections so far.</summary>
    public override long BytesReceived => _server.Totals.BytesReceived;

    /// <summary>Bytes sent on all connections so far.</summary>
    public override long BytesSent => _server.Totals.BytesSent;

    /// <summary>Connections that were not let in: over -MaxConnections, or by their address.</summary>
    public override long Refused => _server.Refused;

    /// <inheritdoc/>
    public override string StatusMessage
    {
        get
        {
            Totals totals = _server.Totals;
            return $"{ConnectionCount} open, {totals.MessagesReceived} messages, {totals.BytesReceived} bytes in, {totals.BytesSent} out{Losses}";
        }
    }

    internal override Socket Socket => _server.Listener;

    internal override Totals Totals => _server.Totals;

    internal TcpServerOptions Options { get; }

    bool IMessageSink<TcpMessage>.TryAdd(TcpMessage message) => TryRecord(message);

    ValueTask IMessageSink<TcpMessage>.AddAsync(TcpMessage message) => RecordAsync(message);

    void ITcpServerObserver.Opened(TcpConnection connection) => Inform("Opened", $"Connection {connection.Id} from {connection.RemoteEndPoint} opened");

    void ITcpServerObserver.Closed(TcpConnection connection) => Inform("Closed", $"Connection {connection.Id} from {connection.RemoteEndPoint} closed: {connection.CloseReason}");

    private protected override void StopSockets()
    {
        _server.Stop();
        _script?.Stop();
    }

    private protected override void OnFinished() => _script?.Dispose();
}
