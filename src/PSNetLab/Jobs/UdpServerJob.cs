using System.Net;
using PSNetLab.Engine;

namespace PSNetLab.Jobs;

/// <summary>The job behind Start-UdpServer and Receive-UdpMessage -AsJob.</summary>
public sealed class UdpServerJob : SocketJob, IMessageSink<UdpMessage>
{
    private readonly UdpServer _server;
    private readonly ReplyScript? _script;

    internal UdpServerJob(string command, string? name, RecordOptions records, UdpServerOptions options, ReplyScript? script)
        : base(command, name, "UdpServer", records)
    {
        _script = script;
        _server = UdpServer.Start(options with
        {
            Sink = records.Keep ? this : null,
            Handler = script is null ? null : message => script.RunAsync(message, this),
            OnFault = (fault, target) => Write(Errors.Record(fault, target)),
        });
        Run(_server.Completion);
    }

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint => _server.LocalEndPoint;

    /// <summary>Datagrams received so far.</summary>
    public override long MessageCount => _server.MessagesReceived;

    /// <summary>Bytes received so far.</summary>
    public override long BytesReceived => _server.BytesReceived;

    /// <summary>Bytes sent so far.</summary>
    public override long BytesSent => _server.BytesSent;

    /// <summary>How many bytes the system keeps waiting for the server: what it gave of -ReceiveBufferBytes.</summary>
    public int ReceiveBufferBytes => _server.ReceiveBufferBytes;

    /// <summary>Datagrams sent so far.</summary>
    public long MessagesSent => _server.MessagesSent;

    /// <summary>Datagrams that were not handled because of the address of their sender.</summary>
    public override long Refused => _server.Refused;

    /// <summary>Datagrams the system dropped because they came faster than they were taken; nothing where it does not tell.</summary>
    public long? KernelDrops => _server.KernelDrops;

    /// <inheritdoc/>
    public override string StatusMessage
        => $"{MessageCount} messages, {BytesReceived} bytes in, {BytesSent} out{Losses}{(KernelDrops > 0 ? $", {KernelDrops} lost in the system's buffer" : string.Empty)}";

    bool IMessageSink<UdpMessage>.TryAdd(UdpMessage message) => TryRecord(message);

    ValueTask IMessageSink<UdpMessage>.AddAsync(UdpMessage message) => RecordAsync(message);

    private protected override void StopSockets()
    {
        _server.Stop();
        _script?.Stop();
    }

    private protected override void OnFinished() => _script?.Dispose();
}
