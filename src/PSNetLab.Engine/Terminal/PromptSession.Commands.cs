using System.Globalization;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Terminal;

/// <content>What is entered: lines to send, and commands.</content>
internal sealed partial class PromptSession
{
    private const char CommandMark = ':';

    private static readonly (string Name, string Arguments, string Meaning)[] s_commands =
    [
        (":help", string.Empty, "shows this"),
        (":hex", string.Empty, "shows bytes, and the next time text again"),
        (":hex", " 0d 0a", "sends bytes"),
        (":send", @" a\r\n\x00", "sends a text with escapes, without an end of line"),
        (":file", " <path>", "sends the bytes of a file"),
        (":half", string.Empty, "ends sending (FIN) and goes on listening, like Ctrl+D"),
        (":close", string.Empty, "closes the connection"),
        (":reset", string.Empty, "resets the connection (RST)"),
        (":save", " <path>", "writes what was said to a file, as a dialogue"),
        (":info", string.Empty, "shows the connection"),
        ("::", "text", "sends a line that begins with a colon"),
    ];

    // Then the keyboard is served again.
    private static readonly TimeSpan s_openPatience = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<string> _saved = [];

    private void Enter(string line)
    {
        if (!line.StartsWith(CommandMark))
        {
            Say(_connection.TextEncoding.GetBytes(line + _lineEnd));
        }
        else if (line.StartsWith("::", StringComparison.Ordinal))
        {
            Say(_connection.TextEncoding.GetBytes(line[1..] + _lineEnd));
        }
        else
        {
            EndPeersLine();
            _screen.Sent(line);
            string[] words = line.Split(' ', 2);
            string argument = words.Length > 1 ? words[1] : string.Empty;

            // Of a text to send, each space counts.
            Command(words[0], words[0] == ":send" ? argument : argument.Trim());
        }
    }

    private void Command(string name, string argument)
    {
        (string Name, string Arguments, string Meaning) known = Array.Find(s_commands, one => one.Name == name);
        if (argument.Length == 0 && TakesArgument(name))
        {
            Note($"{known.Name + known.Arguments} {known.Meaning}.");
            return;
        }

        try
        {
            Do(name, argument);
        }
        catch (Exception error) when (error is NetLabException or IOException or UnauthorizedAccessException or FormatException)
        {
            Note(error.Message);
        }
    }

    private static bool TakesArgument(string name) => name is ":send" or ":file" or ":save";

    private void Do(string name, string argument)
    {
        switch (name)
        {
            case ":help":
                Help();
                break;
            case ":hex" when argument.Length == 0:
                _isHex = !_isHex;
                Note(_isHex ? "Bytes are shown." : "Text is shown.");
                break;
            case ":hex":
                Say(Convert.FromHexString(argument.Replace(" ", string.Empty, StringComparison.Ordinal)));
                break;
            case ":send":
                Say(EscapedText.Parse(argument, _connection.TextEncoding));
                break;
            case ":file":
                SendFile(argument);
                break;
            case ":half":
                HalfClose();
                break;
            case ":close":
                _sender.Close();
                break;
            case ":reset":
                _connection.Close(TcpCloseReason.LocalReset);
                break;
            case ":save":
                Save(_options.ResolvePath(Unquoted(argument)));
                break;
            case ":info":
                Info();
                break;
            default:
                Note($"{name} is no command, and nothing was sent. :help shows the commands; :: sends a line that begins with a colon.");
                break;
        }
    }

    private void Help()
    {
        foreach ((string name, string arguments, string meaning) in s_commands)
        {
            Note($"{name + arguments,-16} {meaning}");
        }
    }

    // As it may be pasted from elsewhere; spaces need no quotes here.
    private static string Unquoted(string path)
        => path.Length > 1 && path[0] is '"' or '\'' && path[^1] == path[0] ? path[1..^1] : path;

    private void SendFile(string path)
    {
        if (_sender.HasEnded)
        {
            Note("The file was not sent: sending has ended. Ctrl+C leaves.");
            return;
        }

        string full = _options.ResolvePath(Unquoted(path));
        Task<FileStream> opening = SlowFile.ReadAsync(
            () => new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true));
        if (Task.WaitAny([opening], s_openPatience) < 0)
        {
            Note($"{full} does not open: it may be a pipe that nobody writes to. What is said next waits for it.");
        }
        else if (opening.IsFaulted)
        {
            opening.GetAwaiter().GetResult();
        }

        _sender.SendFile(opening);
    }

    private void Save(string path)
    {
        if (File.Exists(path) && !_saved.Contains(path))
        {
            Note($"{path} exists, and was not changed. Choose another name.");
            return;
        }

        (IReadOnlyList<string> lines, int said) = _log.Lines(string.Create(
            CultureInfo.InvariantCulture, $"A session with {_options.Peer} on {DateTime.Now:yyyy-MM-dd HH:mm:ss}"));
        WholeFile.Write(path, file =>
        {
            using StreamWriter writer = new(file, TextEncoding.Default);
            foreach (string line in lines)
            {
                writer.WriteLine(line);
            }
        });
        _saved.Add(path);
        Note(string.Create(CultureInfo.InvariantCulture, $"{said} lines were written to {path}."));
    }

    private void Info()
    {
        Note($"{_connection.Local} to {_connection.Remote}, {_connection.State}");
        Note(string.Create(
            CultureInfo.InvariantCulture,
            $"{_connection.BytesReceived} bytes received, {_connection.BytesSent} sent, {_sender.Waiting} wait to be sent"));
        Note($"framing {_connection.Framing}, encoding {_connection.Encoding}"
            + (_connection.Frames.IsStream ? $", lines end with {_options.LineEnding}" : string.Empty));
        if (_connection.Tls is { } tls)
        {
            Note($"{tls}{(tls.Alpn is null ? string.Empty : $", {tls.Alpn}")}, certificate of {tls.PeerSubject ?? "nobody"}");
        }
    }

    /// <summary>Completes the name of a command; elsewhere, Tab is a character.</summary>
    private void Complete()
    {
        string typed = _editor.Text;
        if (!typed.StartsWith(CommandMark) || typed.Contains(' ', StringComparison.Ordinal))
        {
            _editor.Insert("\t");
            return;
        }

        string[] names = [.. s_commands.Select(one => one.Name).Where(name => name.StartsWith(typed, StringComparison.Ordinal)).Distinct()];
        if (names.Length == 1)
        {
            _editor.Set(names[0] + (TakesArgument(names[0]) ? " " : string.Empty));
        }
        else if (names.Length > 1)
        {
            Note(string.Join("  ", names));
        }
    }
}
