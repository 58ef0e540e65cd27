using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Tcp;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Sends messages over TCP: to a server and away again, over an open connection, or from a server to its clients.</summary>
[Cmdlet(VerbsCommunications.Send, "TcpMessage", DefaultParameterSetName = HostSet)]
[OutputType(typeof(TcpMessage))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class SendTcpMessageCommand : TcpClientCmdlet
{
    private const string ConnectionSet = "Connection";
    private const string JobSet = "Job";

    private readonly Dictionary<int, TcpOutbox> _outboxes = [];
    private readonly HashSet<int> _failed = [];
    private TcpConnection? _own;
    private TcpOutbox? _only;
    private TcpReplies? _replies;
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

    /// <summary>The server that is to send to its clients.</summary>
    [Parameter(Mandatory = true, ParameterSetName = JobSet)]
    [ArgumentCompleter(typeof(ServerJobCompleter<TcpServerJob>))]
    public TcpServerJob? Job { get; set; }

    /// <summary>The numbers of the clients' connections. Default: all that are open.</summary>
    [Parameter(ParameterSetName = JobSet)]
    [ArgumentCompleter(typeof(ConnectionIdCompleter))]
    public int[]? ConnectionId { get; set; }

    /// <summary>What to send: text, bytes, received messages, or anything by its string form. A list of bytes is one message, any other list one message per element.</summary>
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

    /// <summary>Emits so many replies, then closes. Implies -Receive.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; }

    /// <summary>How many seconds the peer may take to accept the messages and, once they are sent, to reply. Default: 30; 0 is no limit.</summary>
    [Parameter]
    [ValidateRange(0, 86400 * 20)]
    public double TimeoutSec { get; set; } = 30;

    /// <summary>How many milliseconds to wait between two messages. Default: 0.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int IntervalMs { get; set; }

    /// <summary>Emits every message as it is handed over to be sent.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private Encoding MessageEncoding => Connection?.Encoding ?? Job?.Options.Encoding ?? Encoding;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {

        if (ParameterSetName == HostSet)
        {
            Connect();
        }
    }

    // A pipeline of 100,000 objects is over before the runtime has found out what is worth optimizing.
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ProcessRecord()
    {
        foreach (byte[] payload in Payload.FromArgument(Message, MessageEncoding))
        {
            Send(payload);
        }

        _replies?.WriteAvailable(this);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (TcpOutbox outbox in _outboxes.Values)
        {
            Drain(outbox);
        }

        if (_own is null)
        {
            return;
        }

        Await(_own.HalfCloseAsync(StopToken).AsTask());
        if (_replies is not null)
        {
            _replies.WriteRest(this, Span(TimeoutSec), Target);
        }
        else
        {
            // Closing with replies unread would reset the connection, and the peer might lose what it has not read yet.
            using CancellationTokenSource second = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
            second.CancelAfter(TimeSpan.FromSeconds(1));
            Await(_own.DiscardAsync(second.Token).ContinueWith(_ => { }, TaskScheduler.Default));
        }
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
            _replies = Receive || Count > 0 ? new TcpReplies(_own, Count, StopToken) : null;
        }
        catch (NetLabException fault)
        {
            _void = true;
            Report(fault, Target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
            Send(payload, _only ??= Outbox((Connection ?? _own)!));
            return;
        }

        foreach (TcpConnection connection in Clients(Job))
        {
            Send(payload, Outbox(connection));
        }
    }

    private TcpOutbox Outbox(TcpConnection connection)
    {
        if (!_outboxes.TryGetValue(connection.Id, out TcpOutbox? outbox))
        {
            outbox = new TcpOutbox(connection, StopToken);
            _outboxes.Add(connection.Id, outbox);
        }

        return outbox;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Send(byte[] payload, TcpOutbox outbox)
    {
        TcpConnection connection = outbox.Connection;
        try
        {
            outbox.Add(payload);
        }
        catch (NetLabException fault)
        {
            Report(fault, connection.RemoteEndPoint);
            return;
        }

        if (PassThru && !_failed.Contains(connection.Id))
        {
            WriteObject(connection.NewSentMessage(payload, outbox.Sequence));
        }

        if (outbox.IsFull || IntervalMs > 0)
        {
            Drain(outbox);
        }
    }

    private TcpConnection[] Clients(TcpServerJob job)
    {
        TcpConnection[] open = job.Connections;
        TcpConnection[] chosen = ConnectionId is null ? open : Array.FindAll(open, connection => ConnectionId.Contains(connection.Id));
        if (chosen.Length == 0)
        {
            _void = true;
            Report(
                new NetLabException(FaultKind.ConnectionNotFound, $"{job.LocalEndPoint} has no open connection{(ConnectionId is null ? string.Empty : " " + string.Join(", ", ConnectionId))} to send to. Get-TcpConnection -Job lists those it has."),
                job.LocalEndPoint);
        }

        return chosen;
    }

    /// <summary>Waits until everything was handed to the system; a failure is reported once per connection.</summary>
    private void Drain(TcpOutbox outbox)
    {
        NetLabException fault;
        string peer = outbox.Connection.RemoteEndPoint.ToString();
        try
        {
            Await(outbox.DrainAsync().WaitAsync(Span(TimeoutSec), StopToken));
            return;
        }
        catch (TimeoutException)
        {
            outbox.GiveUp();
            fault = new NetLabException(FaultKind.SendTimeout, $"{peer} did not take the messages within {TimeoutSec} s: its receive buffer is full, so it does not read. The connection was reset if a message had begun. Make the peer read, or raise -TimeoutSec.");
        }
        catch (NetLabException error)
        {
            fault = error;
        }
        catch (OperationCanceledException) when (_failed.Contains(outbox.Connection.Id))
        {
            return; // given up, and reported, before
        }

        if (_failed.Add(outbox.Connection.Id))
        {
            _void = Job is null;
            Report(fault, peer);
        }
    }
}
