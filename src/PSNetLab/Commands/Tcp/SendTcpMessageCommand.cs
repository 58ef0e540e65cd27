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
    private MessageInput? _input;
    private TcpConnection? _to;
    private TcpServerJob? _from;
    private bool _void;
    private bool _isAlone;
    private bool _sentBefore;

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = HostSet)]
    [Alias("HostName", "IPAddress")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ComputerNameCompleter))]
    public override string ComputerName { get; set; } = string.Empty;

    /// <inheritdoc/>
    [Parameter(Position = 1, ParameterSetName = HostSet)]
    [ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(ServerPortCompleter<StreamServerJob>))]
    public override int Port { get; set; }

    /// <summary>The open connection to send over.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ConnectionSet)]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public TcpConnection? Connection { get; set; }

    /// <summary>The server that sends to its clients.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [JobTransformation]
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
    /// <remarks>To a host, it is what remains of the arguments: the port before it is left out if the name has one.</remarks>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromRemainingArguments = true, ParameterSetName = HostSet)]
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ParameterSetName = ConnectionSet)]
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [System.Management.Automation.AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [NoFiles]
    public object? Message { get; set; }

    /// <summary>Sends the bytes of all messages together as they are, without the framing of the connection.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Emits the replies, until the peer closes. The sending side ends as soon as everything is sent (half-close).</summary>
    [Parameter(ParameterSetName = HostSet)]
    public SwitchParameter Receive { get; set; }

    /// <summary>Emits this many replies, then closes; an open connection stays open, and its next messages are the replies.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [Parameter(ParameterSetName = ConnectionSet)]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int Count { get; set; }

    /// <summary>
    /// How many seconds the peer may take to accept the messages and, once they are sent, to reply. Default: 30; 0 is no limit.
    /// </summary>
    [Parameter]
    [ValidateRange(0, MostSeconds)]
    [NoFiles]
    public double TimeoutSec { get; set; } = 30;

    /// <summary>How many milliseconds to wait between two messages. Default: 0.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int IntervalMs { get; set; }

    /// <summary>Emits every message that is sent.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private Encoding MessageEncoding => _to?.TextEncoding ?? _from?.Options.Encoding ?? Encoding;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _input = new MessageInput(this, Raw);
        if (ParameterSetName == HostSet && HasPort)
        {
            Connect();
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            Take();
        }
        catch when (!Stopping)
        {
            EndEarly();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            Finish();
        }
        catch when (!Stopping)
        {
            EndEarly();
            throw;
        }
    }

    private void Take()
    {
        object? message = Message;
        switch (ParameterSetName == HostSet && !HasPort && _own is null ? Message.Unwrapped() : null)
        {
            // $connection | Send-TcpMessage hello: no host was given, but the message, by its position.
            case TcpConnection connection:
                (Connection, Job, message) = (connection, null, ComputerName);
                break;
            case TcpServerJob job:
                (Connection, Job, message) = (null, job, ComputerName);
                break;
            default:
                EnsureConnected();
                break;
        }

        if ((Connection ?? _own) != _to || Job != _from)
        {
            SendRest();
            EndReplies();
            (_to, _from, _only, _void) = (Connection ?? _own, Job, null, _void && Connection is null && Job is null);
            _isAlone = false;
            if (Connection is not null && Count > 0)
            {
                BeginReplies(Connection);
            }
        }

        foreach (byte[] payload in _input!.Take(message, MessageEncoding))
        {
            Send(payload);
        }

        Incoming?.WriteAvailable();
    }

    private void Finish()
    {
        SendRest();
        Drain(_outboxes.Values);
        if (_own is null)
        {
            EndReplies();
            return;
        }

        if (_session is not null)
        {
            // Many servers take the end of a stream for the end of their client, so it waits for the answers that are expected.
            if (Count == 0)
            {
                Await(_own.HalfCloseAsync(StopToken).AsTask());
            }

            ReceiveRest(_session);
        }
        else if (_own.MayBeRejected && HasNotFailed(_own))
        {
            // Without replies to wait for, a rejection would come too late. The peer closes its side soon if it accepts.
            Await(_own.HalfCloseAsync(StopToken).AsTask());
            if (Await(_discarding!, s_verdictPatience) && _discarding!.Result is { } fault)
            {
                _void = true;
                Report(fault, Target);
            }
        }

        _own.Dispose();
        Await(_own.Ended.WaitAsync(StopToken));
        if (_session is null && _own.WasReset && !_void)
        {
            Report(
                new NetLabException(FaultKind.ConnectionReset, $"{Target} reset the connection, so it may not have read what was sent. "
                    + "Check that it accepts clients from here, and that it reads everything before it closes."),
                Target);
        }
    }

    /// <summary>Connects to the host, unless that was tried before.</summary>
    private void EnsureConnected()
    {
        if (ParameterSetName == HostSet && _own is null && !_void)
        {
            Connect();
        }
    }

    /// <summary>Sends what -Raw has joined, to where the messages before it went.</summary>
    private void SendRest()
    {
        foreach (byte[] payload in _input!.TakeRest())
        {
            Send(payload);
        }
    }

    private new void Connect()
    {
        try
        {
            _own = base.Connect();
            if (Receive || Count > 0)
            {
                BeginReplies(_own);
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
        if (_from is null)
        {
            if (_only is null)
            {
                RemoveClosed();
                _only = Outbox(_to!);
            }

            Add(payload, _only);
            if (_only.IsFull || IntervalMs > 0)
            {
                Drain([_only]);
            }

            return;
        }

        RemoveClosed();
        SendToAll(payload, Array.ConvertAll(Array.FindAll(Clients(_from), HasNotFailed), Outbox));
    }

    private bool HasNotFailed(TcpConnection connection) => !_failed.Contains(connection.Id);
}
