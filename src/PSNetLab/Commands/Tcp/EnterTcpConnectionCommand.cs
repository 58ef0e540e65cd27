using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Display;
using PSNetLab.Engine.Tcp;
using PSNetLab.Engine.Terminal;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Opens a session at the prompt that talks and listens over a TCP connection.</summary>
[Cmdlet(VerbsCommon.Enter, "TcpConnection", DefaultParameterSetName = HostSet)]
public sealed class EnterTcpConnectionCommand : TcpClientCmdlet
{
    private const string ConnectionSet = "Connection";

    private static readonly LineHistory s_history = new();

    private TcpConnection? _own;

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = HostSet)]
    [Alias("HostName", "IPAddress", "Address")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ComputerNameCompleter))]
    public override string ComputerName { get; set; } = string.Empty;

    /// <inheritdoc/>
    [Parameter(Position = 1, ParameterSetName = HostSet)]
    [ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(ServerPortCompleter<StreamServerJob>))]
    public override int Port { get; set; }

    /// <summary>The open connection to talk over. It stays open when you leave the session.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ConnectionSet)]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public TcpConnection? Connection { get; set; }

    /// <summary>What ends a line that is sent, unless the framing does. Default: CrLf.</summary>
    [Parameter]
    public LineEnding LineEnding { get; set; } = LineEnding.CrLf;

    /// <summary>Shows bytes in hexadecimal instead of text.</summary>
    [Parameter]
    public SwitchParameter Hex { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string peer = Connection?.Remote.ToString() ?? ComputerName;
        try
        {
            if (Host.UI is null)
            {
                throw ConsoleTerminal.NotInteractive("this runspace has none");
            }

            ConsoleTerminal.Check();
            TcpConnection connection = Connection ?? (_own = Connect());
            if (connection.IsClosed)
            {
                throw TcpFaults.Closed(connection.Remote);
            }

            peer = _own is null ? peer : Target;
            Talk(connection, peer);
        }
        catch (NetLabException fault)
        {
            Fail(fault, _own is null && Connection is null && Target.Length > 0 ? Target : peer);
        }
    }

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        _own?.Dispose();
        base.Dispose(disposing);
    }

    /// <exception cref="NetLabException">There is no such drive or provider.</exception>
    private string FindPath(string path)
    {
        try
        {
            return SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
        }
        catch (RuntimeException error)
        {
            throw new NetLabException(FaultKind.InvalidParameters, error.Message, error);
        }
    }

    private void Talk(TcpConnection connection, string peer)
    {
        Watch(connection.Local, connection.Remote);
        NetLabException? fault;
        using (ConsoleTerminal terminal = ConsoleTerminal.Take())
        {
            PromptSessionOptions options = new()
            {
                Peer = peer,
                StaysOpen = _own is null,
                LineEnding = LineEnding,
                IsHex = Hex,
                HasColors = HasColors(),
                ResolvePath = FindPath,
                TakeNotes = TakeWarnings,
                History = s_history,
            };
            fault = PromptSession.Run(connection, terminal, options, StopToken);
            if (_own is not null)
            {
                // If the process ended earlier, what is still on its way would be lost. A second Ctrl+C is still a key.
                _own.Dispose();
                Await(_own.Ended.WaitAsync(StopToken));
            }
        }

        if (fault is not null)
        {
            throw fault;
        }
    }

    private bool HasColors() => View.HasColors(
        SessionState.PSVariable.GetValue("PSStyle") is { } style
            ? PSObject.AsPSObject(style).Properties["OutputRendering"]?.Value
            : null);
}
