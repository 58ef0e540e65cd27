using System.Globalization;

namespace PSNetLab.Engine.Terminal;

/// <summary>
/// A session at a terminal that talks and listens at once: lines that are entered are sent, and what arrives is shown above the line being
/// written.
/// </summary>
/// <remarks>One thread has the terminal. What is being sent never holds it up, and what arrives only until there is a key.</remarks>
internal sealed partial class PromptSession
{
    // How often to look for a key: while somebody types, so often that nobody notices.
    private const int IdlePollMilliseconds = 15;
    private const int BusyPollMilliseconds = 1;
    private const int BusyMilliseconds = 2000;

    // Then the keyboard has its turn.
    private const int MostBytesAtOnce = 64 * 1024;

    // Of empty ones there is no end.
    private const int MostMessagesAtOnce = 1024;

    private readonly TcpConnection _connection;
    private readonly ITerminal _terminal;
    private readonly PromptSessionOptions _options;
    private readonly CancellationTokenSource _leaving;
    private readonly SessionScreen _screen;
    private readonly SessionSender _sender;
    private readonly LineEditor _editor;
    private readonly KeyDecoder _keys = new();
    private readonly PeerLines _peer;
    private readonly SaidLog _log;
    private readonly string _lineEnd;
    private Task<TcpMessage?> _receiving;
    private bool _isHex;
    private bool _isOver;
    private bool _hasPeerEnded;
    private long _lastKey;
    private long _received;
    private long _sent;
    private NetLabException? _fault;

    private PromptSession(TcpConnection connection, ITerminal terminal, PromptSessionOptions options, CancellationToken stopping)
    {
        _connection = connection;
        _terminal = terminal;
        _options = options;
        _isHex = options.IsHex;
        _leaving = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _screen = new SessionScreen(terminal, options.HasColors);
        _editor = new LineEditor(options.History);
        _peer = new PeerLines(connection.TextEncoding);
        _log = new SaidLog(connection.TextEncoding, connection.Frames.IsStream);
        _sender = new SessionSender(connection, _log, _leaving.Token);
        _lineEnd = !connection.Frames.IsStream ? string.Empty : options.LineEnding switch
        {
            LineEnding.CrLf => "\r\n",
            LineEnding.Lf => "\n",
            LineEnding.Cr => "\r",
            _ => string.Empty,
        };
        _receiving = ReceiveAsync();
    }

    /// <summary>Runs a session until the peer has ended the stream, the connection is closed, or the user leaves.</summary>
    /// <returns>The fault that ended it; null for any other end.</returns>
    internal static NetLabException? Run(
        TcpConnection connection, ITerminal terminal, PromptSessionOptions options, CancellationToken stopping)
    {
        PromptSession session = new(connection, terminal, options, stopping);
        using (session._leaving)
        {
            session.Run(stopping);
        }

        return session._fault;
    }

    private void Run(CancellationToken stopping)
    {
        if (!_receiving.IsFaulted)
        {
            Greet();
        }

        try
        {
            while (!_isOver && !stopping.IsCancellationRequested)
            {
                bool wasBusy = TakeKeys() | TakeReceived() | TakeNotes();
                _screen.Unfinished = _isHex ? string.Empty : _peer.Unfinished;
                _screen.Show(_editor.Text, _editor.Cursor);
                if (!wasBusy && !_isOver)
                {
                    bool isTyping = Environment.TickCount64 - _lastKey < BusyMilliseconds;
                    Task.WaitAny([_receiving], isTyping ? BusyPollMilliseconds : IdlePollMilliseconds, CancellationToken.None);
                }
            }
        }
        finally
        {
            Leave();
        }
    }

    private void Greet()
    {
        Note($"{(_options.StaysOpen ? $"Connection {_connection.Id} to" : "Connected to")} {_options.Peer}"
            + $"{(_connection.Tls is { } tls ? $" over {tls.Protocol}" : string.Empty)}.");
        Note("Ctrl+D ends sending, Ctrl+C leaves, :help shows more.");
    }

    private Task<TcpMessage?> ReceiveAsync() => _connection.ReceiveAsync(_leaving.Token).AsTask();

    private bool TakeKeys()
    {
        bool wasBusy = false;
        while (!_isOver && _terminal.HasKey)
        {
            wasBusy = true;
            _lastKey = Environment.TickCount64;
            ConsoleKeyInfo key = _terminal.ReadKey();
            switch (_editor.Take(_keys.Decode(key, _terminal.HasKey)))
            {
                case EditOutcome.Line:
                    Enter(_editor.TakeLine());
                    break;
                case EditOutcome.Complete:
                    Complete();
                    break;
                case EditOutcome.ClearScreen:
                    _screen.Clear();
                    break;
                case EditOutcome.EndOfInput:
                    HalfClose();
                    break;
                case EditOutcome.Leave:
                    _isOver = true;
                    break;
            }
        }

        return wasBusy;
    }

    private bool TakeReceived()
    {
        bool wasBusy = false;
        long most = _received + MostBytesAtOnce;
        for (int taken = 0; !_isOver && _receiving.IsCompleted && _received < most && taken < MostMessagesAtOnce; taken++)
        {
            wasBusy = true;
            if (!TryTakeReceived())
            {
                _isOver = true;
            }
        }

        return wasBusy;
    }

    private bool TryTakeReceived()
    {
        try
        {
            if (_receiving.GetAwaiter().GetResult() is not { } message)
            {
                _hasPeerEnded = !_connection.IsClosed;
                return false;
            }

            Show(message);
            if (message.Truncated)
            {
                _fault = _connection.Truncation;
            }
        }
        catch (NetLabException fault)
        {
            _fault = fault;
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        _receiving = ReceiveAsync();
        return true;
    }

    private bool TakeNotes()
    {
        bool wasBusy = false;
        while (_sender.Notes.TryDequeue(out string? note))
        {
            Note(note);
            wasBusy = true;
        }

        foreach (string note in _options.TakeNotes())
        {
            Note(note);
            wasBusy = true;
        }

        return wasBusy;
    }

    private void Leave()
    {
        // What arrives while the wait is being ended still belongs on the screen, and so does what became of what was being sent.
        _leaving.Cancel();
        Task.WaitAny([Task.WhenAll(_receiving, _sender.Last)], TimeSpan.FromSeconds(1));
        if (_receiving.IsCompletedSuccessfully && _receiving.Result is { } last)
        {
            Show(last);
        }

        List<string> lines = [];
        _peer.End(lines);
        lines.ForEach(_screen.Received);
        TakeNotes();
        _fault ??= _sender.Fault;
        if (_fault is null)
        {
            Note(Ending());
        }

        _screen.End();
    }

    private string Ending() => _connection switch
    {
        { CloseReason: TcpCloseReason.LocalReset } => "The connection was reset.",
        { IsClosed: true } => "The connection is closed.",
        _ when _hasPeerEnded => $"{_options.Peer} has closed the connection.",
        _ when _options.StaysOpen => string.Create(CultureInfo.InvariantCulture, $"Connection {_connection.Id} stays open."),
        _ => "The connection is closed.",
    };
}
