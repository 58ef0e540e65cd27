using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Jobs;

/// <summary>The job behind Start-UdpServer, and behind Receive-UdpMessage while it receives on a port.</summary>
public sealed class UdpServerJob : ServerJob, IMessageSink<UdpMessage>
{
    private readonly DialogueRuns _dialogues = new();
    private readonly UdpServer _server;
    private readonly UdpScript? _script;

    /// <param name="command">The line that started it.</param>
    /// <param name="name">The name of the job, or null for the next one.</param>
    /// <param name="records">How received datagrams are kept.</param>
    /// <param name="options">The options of the server.</param>
    /// <param name="script">Makes the answers; null if no script does.</param>
    /// <param name="isForeground">Whether a cmdlet receives in the foreground. Errors are then delivered to it between the
    /// messages.</param>
    internal UdpServerJob(
        string command, string? name, RecordOptions records, UdpServerOptions options, UdpScript? script, bool isForeground = false)
        : base(command, name, "UdpServer", records)
    {
        _script = script;
        _server = UdpServer.Bind(options with
        {
            Sink = records.Keep ? this : null,
            Handler = script is null ? null : (message, send) => script.AnswerAsync(message, this, send),
            OnDialogue = _dialogues.Add,
            OnAnswerDropped = () => Write(new WarningRecord(
                $"{Name}: there is no room in the socket's send buffer, or too many answers wait, so some are not sent; "
                + "AnswersDropped counts them. Either the network is too slow for them, or they go to hosts that do not exist: "
                + "with -AllowAddress, "
                + "only hosts you know are answered.")),
            OnFault = (fault, target) =>
            {
                if (!isForeground || !TryRecord(Errors.Record(fault, target)))
                {
                    Write(Errors.Record(fault, target));
                }
            },
        });
    }

    /// <summary>Datagrams received so far.</summary>
    public override long MessageCount => _server.MessagesReceived;

    /// <summary>Bytes received so far.</summary>
    public override long BytesReceived => _server.BytesReceived;

    /// <summary>Bytes sent so far.</summary>
    public override long BytesSent => _server.BytesSent;

    /// <summary>How far each sender has come in the dialogue, for the last 1,000. Each object is live.</summary>
    public TextList<DialogueRun> Dialogue => new(_dialogues.ToArray());

    /// <summary>The size of the system's receive buffer, which may be less than -ReceiveBufferBytes asked for.</summary>
    public int ReceiveBufferBytes => _server.ReceiveBufferBytes;

    /// <summary>Datagrams sent so far.</summary>
    public long MessagesSent => _server.MessagesSent;

    /// <summary>Answers that were not sent: the system's send buffer had no room for them, or too many waited.</summary>
    public long AnswersDropped => _server.AnswersDropped;

    /// <summary>
    /// Datagrams dropped because of their sender: its address is not allowed or cannot be answered, or it answers every
    /// answer.
    /// </summary>
    public override long Refused => _server.Refused;

    /// <summary>Datagrams the system dropped because they arrived faster than they were read; null if it does not report it.</summary>
    public long? KernelDrops => _server.KernelDrops;

    /// <inheritdoc/>
    public override string StatusMessage => $"{MessageCount} messages, {BytesReceived} bytes in, {BytesSent} out{Losses}"
        + (KernelDrops > 0 ? $", {KernelDrops} lost in the system's buffer" : string.Empty)
        + (AnswersDropped > 0 ? $", {AnswersDropped} answers dropped" : string.Empty);

    internal override IPEndPoint Local => _server.LocalEndPoint;

    internal override Transcript? Transcript => _server.Transcript;

    internal override Socket Socket => _server.Socket;

    internal override Totals Totals => new(_server.BytesReceived, _server.BytesSent, _server.MessagesReceived, _server.MessagesSent);

    bool IMessageSink<UdpMessage>.TryAdd(UdpMessage message) => TryRecord(message);

    ValueTask IMessageSink<UdpMessage>.AddAsync(UdpMessage message, CancellationToken cancellationToken)
        => RecordAsync(message, cancellationToken);

    private protected override Task WorkAsync()
    {
        _script?.Prepare();
        _server.Run();
        return _server.Completion;
    }

    private protected override void BeginStop()
    {
        _server.Stop();
        _script?.Stop();
    }

    private protected override void OnFinished() => _script?.Dispose();
}
