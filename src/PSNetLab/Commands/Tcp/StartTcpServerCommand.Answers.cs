using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Commands;

/// <content>How the server answers.</content>
public sealed partial class StartTcpServerCommand
{
    /// <summary>Sends every message back.</summary>
    [Parameter(Mandatory = true, ParameterSetName = EchoSet)]
    public SwitchParameter Echo { get; set; }

    /// <summary>Answers every message with this text or these bytes; a list is one message per element.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReplySet)]
    [AllowEmptyString]
    [NoFiles]
    public object? Reply { get; set; }

    /// <summary>
    /// Answers every message with the output of this script block; the message is $_, the connection $Connection, and $State a table that
    /// lasts as long as the connection.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ScriptSet)]
    [NoFiles]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>
    /// Speaks with each client in steps: texts that the server says and expects in turn, and tables of what it expects with the answer to
    /// each.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = DialogueSet)]
    [NoFiles]
    public object? Dialogue { get; set; }

    /// <summary>The file with the steps of a dialogue: S: and what the server says, C: and what it expects.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DialogueFileSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath", "FullName")]
    public string? Path { get; set; }

    /// <summary>What a client gets for a message that its dialogue does not expect: an answer as in a dialogue. Default: !close.</summary>
    [Parameter(ParameterSetName = DialogueSet)]
    [Parameter(ParameterSetName = DialogueFileSet)]
    [ArgumentCompleter(typeof(UnexpectedCompleter))]
    public object? Unexpected { get; set; } = AnswerParameters.DefaultUnexpected;

    /// <summary>
    /// What the server sends when a client comes: text, bytes, or the output of a script block; a list is one message per element.
    /// </summary>
    [Parameter]
    [AllowEmptyString]
    [NoFiles]
    public object? Greeting { get; set; }

    /// <summary>Runs when a client has come, before anything of it is read; $_ is the connection, and the output is sent.</summary>
    [Parameter]
    [NoFiles]
    public ScriptBlock? OnOpen { get; set; }

    /// <summary>Runs when a connection has ended; $_ is the connection.</summary>
    [Parameter]
    [NoFiles]
    public ScriptBlock? OnClose { get; set; }

    /// <summary>
    /// How many milliseconds to wait before each answer: a number, or a range such as 100-300 for a random time. Default: 0.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? DelayMs { get; set; }

    /// <summary>How many bytes each client gets in a second. Default: 0, as many as possible.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int BytesPerSecond { get; set; }

    private bool HasDialogue => Dialogue is not null || Path is not null;

    /// <summary>The options of a server with the parameters that are declared here.</summary>
    private TcpServerOptions Answering(TcpServerOptions options)
    {
        options = options with
        {
            Greeting = Payload.FromReply(Greeting.Unwrapped() is ScriptBlock ? null : Greeting, Encoding),
            Echo = Echo,
            Replies = Payload.FromReply(Reply, Encoding),
            Dialogue = AnswerParameters.Dialogue(this, Dialogue, Path, Unexpected, Encoding),
            Delay = AnswerParameters.Delay(DelayMs),
            BytesPerSecond = BytesPerSecond,
        };
        foreach (byte[] message in options.Greeting.Concat(options.Replies).Concat(options.Dialogue?.Messages ?? []))
        {
            // What does not fit the framing is reported now, not at the first message.
            options.Framing.EncodedLength(message);
        }

        return options;
    }
}
