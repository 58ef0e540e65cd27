using System.Collections;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using PSNetLab.Conversion;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Jobs;

/// <summary>The script blocks of a TCP server: what they get, and when they run.</summary>
internal sealed class TcpScripts : IDisposable
{
    // What the scripts of one connection have in common. It goes with its connection.
    private readonly ConditionalWeakTable<TcpConnection, Hashtable> _states = [];
    private readonly ScriptRunner _runner;
    private readonly AnswerScript? _answer;
    private readonly AnswerScript? _open;
    private readonly AnswerScript? _greeting;
    private readonly AnswerScript? _close;

    /// <param name="caller">The cmdlet that starts the server.</param>
    /// <param name="throttleLimit">How many scripts may run at once.</param>
    /// <param name="options">The encoding and the framing of answers.</param>
    /// <param name="answer">Answers messages.</param>
    /// <param name="open">Runs when a client has come.</param>
    /// <param name="greeting">Greets it.</param>
    /// <param name="close">Runs when a connection has ended.</param>
    internal TcpScripts(
        PSCmdlet caller,
        int throttleLimit,
        TcpServerOptions options,
        ScriptBlock? answer,
        ScriptBlock? open,
        ScriptBlock? greeting,
        ScriptBlock? close)
    {
        _runner = new ScriptRunner(caller, throttleLimit);
        _answer = Read(answer);
        _open = Read(open);
        _greeting = Read(greeting);
        _close = Read(close);

        AnswerScript? Read(ScriptBlock? script)
            => script is null ? null : new AnswerScript(new JobScript(script, caller), _runner, options.Encoding, options.Framing);
    }

    /// <summary>Whether there is a script at all.</summary>
    internal bool AreAny => _answer is not null || _open is not null || _greeting is not null || _close is not null;

    /// <summary>Has the scripts run by a server.</summary>
    internal TcpServerOptions In(TcpServerOptions options, NetJob job) => !AreAny ? options : options with
    {
        Handler = _answer is null ? null : (connection, message, send, cancellationToken) => _answer.RunAsync(
            message!,
            () => $"message {message!.Sequence} of {message.Remote}",
            connection.Remote,
            job,
            send,
            connection.GiveUp,
            Variables(connection),
            cancellationToken),
        Opening = _open is null && _greeting is null ? null : async (connection, _, send, cancellationToken) =>
        {
            await RunAsync(_open, "the opening", connection, job, send, cancellationToken).ConfigureAwait(false);
            await RunAsync(_greeting, "the greeting", connection, job, send, cancellationToken).ConfigureAwait(false);
        },

        // Nobody is left to get the output.
        Closed = _close is null ? null : connection
            => RunAsync(_close, "the end", connection, job, static _ => default, CancellationToken.None),
    };

    /// <summary>Opens a runspace before the first script needs it.</summary>
    internal void Prepare()
    {
        if (AreAny)
        {
            _runner.Prepare();
        }
    }

    /// <inheritdoc cref="ScriptRunner.Stop"/>
    internal void Stop() => _runner.Stop();

    /// <inheritdoc/>
    public void Dispose() => _runner.Dispose();

    private Task RunAsync(
        AnswerScript? script,
        string what,
        TcpConnection connection,
        NetJob job,
        Func<byte[], ValueTask> send,
        CancellationToken cancellationToken)
        => script is null ? Task.CompletedTask : script.RunAsync(
            connection,
            () => $"{what} of the connection from {connection.Remote}",
            connection.Remote,
            job,
            send,
            connection.GiveUp,
            Variables(connection),
            cancellationToken);

    private ScriptVariable[] Variables(TcpConnection connection) =>
    [
        new("Connection", connection),
        new("State", _states.GetValue(connection, static _ => new Hashtable(StringComparer.OrdinalIgnoreCase))),
    ];
}
