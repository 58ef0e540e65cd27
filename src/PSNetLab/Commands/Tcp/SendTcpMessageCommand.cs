using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Tcp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>
/// Sends messages over TCP: to a server over a connection of its own, over an open connection, or from a server to its
/// clients.
/// </summary>
[Cmdlet(VerbsCommunications.Send, "TcpMessage", DefaultParameterSetName = HostSet)]
[OutputType(typeof(TcpMessage))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed partial class SendTcpMessageCommand : TcpClientCmdlet
{
    private const string ConnectionSet = "Connection";
    private const string JobSet = "Job";

    private static readonly TimeSpan s_verdictPatience = TimeSpan.FromSeconds(1);

    private TcpConnection? _own;
    private TcpOutbox? _only;
    private TcpClientSession? _session;
    private Task<NetLabException?>? _discarding;
    private bool _void;
    private bool _sentBefore;

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = HostSet)]
    [Alias("HostName", "IPAddress")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ComputerNameCompleter))]
    public override string ComputerName { get; set; } = string.Empty;

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = HostSet)]
    [ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(ServerPortCompleter<StreamServerJob>))]
    public override int Port { get; set; }

    /// <summary>The open connection to send over.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ConnectionSet)]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public TcpConnection? Connection { get; set; }

    /// <summary>The server that sends to its clients.</summary>
    [Parameter(Mandatory = true, ParameterSetName = JobSet)]
    [ArgumentCompleter(typeof(ServerJobCompleter<TcpServerJob>))]
    public TcpServerJob? Job { get; set; }

    /// <summary>The numbers of the clients' connections. Default: all that are open.</summary>
    [Parameter(ParameterSetName = JobSet)]
    [ArgumentCompleter(typeof(ConnectionIdCompleter))]
    public int[]? ConnectionId { get; set; }

    /// <summary>
    /// What to send: text, bytes, received messages, or anything else as its string form. A list of bytes is one message,
    /// any other list one message per element.
    /// </summary>
    [Parameter(Mandatory = true, Position = 2, ValueFromPipeline = true, ParameterSetName = HostSet)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ConnectionSet)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [System.Management.Automation.AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? Message { get; set; }

    /// <summary>Emits the replies, until the peer closes.</summary>
    [Parameter(ParameterSetName = HostSet)]
    public SwitchParameter Receive { get; set; }

    /// <summary>Emits this many replies, then closes. Implies -Receive.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; }

    /// <summary>How many seconds the peer may take to accept the messages and, once they are sent, to reply. Default: 30; 0 is no limit.</summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    public double TimeoutSec { get; set; } = 30;

    /// <summary>How many milliseconds to wait between two messages. Default: 0.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int IntervalMs { get; set; }

    /// <summary>Emits every message that is sent.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private Encoding MessageEncoding => Connection?.TextEncoding ?? Job?.Options.Encoding ?? Encoding;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (ParameterSetName == HostSet)
        {
            Connect();
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (byte[] payload in Payload.FromArgument(Message, MessageEncoding))
        {
            Send(payload);
        }

        Incoming?.WriteAvailable();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Drain(_outboxes.Values);
        if (_own is null)
        {
            return;
        }

        if (_session is not null)
        {
            Await(_own.HalfCloseAsync(StopToken).AsTask());
            ReceiveRest(_session);
        }
        else if (_own.MayBeRejected && HasNotFailed(_own))
        {
            // Without replies to wait for, a rejection would come too late. The peer closes its side soon if it accepts.
            Await(_own.HalfCloseAsync(StopToken).AsTask());
            if (Await(_discarding!, s_verdictPatience) && _discarding!.Result is { } fault)
            {
                Report(fault, Target);
            }
        }

        _own.Dispose();
        Await(_own.Ended.WaitAsync(StopToken));
    }

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        foreach (TcpOutbox outbox in _outboxes.Values)
        {
            outbox.Dispose();
        }

        _own?.Dispose();
        base.Dispose(disposing);
    }

    private new void Connect()
    {
        try
        {
            _own = base.Connect();
            if (Receive || Count > 0)
            {
                _session = new TcpClientSession(_own, Count, StopToken);
                Incoming = new IncomingReplies(this, _session.Received, Count, StopToken);
            }
            else
            {
                // A peer whose replies nobody reads may stop reading itself.
                _discarding = _own.DiscardAsync(StopToken);
            }
        }
        catch (NetLabException fault)
        {
            _void = true;
            Report(fault, Target);
        }
    }

    private void Send(byte[] payload)
    {
        if (_void)
        {
            return;
        }

        if (_sentBefore && IntervalMs > 0)
        {
            Pause(IntervalMs);
        }

        _sentBefore = true;
        if (Job is null)
        {
            _only ??= Outbox((Connection ?? _own)!);
            Add(payload, _only);
            if (IsDue(_only))
            {
                Drain([_only]);
            }

            return;
        }

        TcpOutbox[] outboxes = Array.ConvertAll(Array.FindAll(Clients(Job), HasNotFailed), Outbox);
        foreach (TcpOutbox outbox in outboxes)
        {
            Add(payload, outbox);
        }

        // All of them at once, so that each has the whole time limit, not just what the others leave of it.
        Drain(Array.FindAll(outboxes, IsDue));
    }

    private bool HasNotFailed(TcpConnection connection) => !_failed.Contains(connection.Id);

    private bool IsDue(TcpOutbox outbox) => outbox.IsFull || IntervalMs > 0;

    /// <summary>Writes the replies until all have arrived, the peer has closed or the time is over.</summary>
    private void ReceiveRest(TcpClientSession session)
    {
        if (!Incoming!.WriteRest(Span(TimeoutSec)))
        {
            int written = Incoming.Written;
            if (Count > 0 || written == 0)
            {
                Report(
                    new NetLabException(
                        FaultKind.ReceiveTimeout,
                        $"{(Count == 0 ? "No reply" : $"{written} of {Count} replies")} arrived from {Target} within {TimeoutSec} s. "
                            + "Check that the server answers, and that both sides use the same -Framing, or raise -TimeoutSec."),
                    Target);
            }
        }
        else if (session.Fault is { } fault)
        {
            if (fault.Kind != FaultKind.OwnCertificateRejected || HasNotFailed(_own!))
            {
                Report(fault, Target);
            }
        }
        else if (Incoming.Written < Count)
        {
            Report(new NetLabException(FaultKind.ConnectionClosed, $"{Target} closed the connection after "
                + $"{Incoming.Written} of {Count} replies. Ask for fewer with -Count, or check what the server does."), Target);
        }
    }
}
