using System.Text;

namespace PSNetLab.Engine.Checks;

/// <summary>A dialogue in lines.</summary>
internal abstract class LineDialogue : StartTlsDialogue
{
    /// <inheritdoc/>
    internal sealed override StartTlsStep Next(ReadOnlySpan<byte> received)
    {
        int end = received.IndexOf((byte)'\n');
        return end < 0 ? default : OnLine(Encoding.Latin1.GetString(received[..end]).TrimEnd('\r')) with { Used = end + 1 };
    }

    /// <summary>What follows from a line of the server; nothing if it is to say more.</summary>
    private protected abstract StartTlsStep OnLine(string line);

    private protected static StartTlsStep Say(string command) => new(0, Encoding.ASCII.GetBytes($"{command}\r\n"));

    private protected static StartTlsStep Done => new(0, IsDone: true);

    private protected static StartTlsStep Refuse(string line) => Refuse(0, line);
}

/// <summary>A dialogue in which answers begin with a number of three digits (RFC 5321, section 4.2; RFC 959, section 4.2).</summary>
internal abstract class NumberedDialogue : LineDialogue
{
    // Of an answer with several lines: each begins with the number and a hyphen, but the last (of FTP: the others may begin anyhow).
    private string? _open;

    /// <inheritdoc/>
    private protected sealed override StartTlsStep OnLine(string line)
    {
        bool hasNumber = line.Length >= 3 && line[..3].All(char.IsAsciiDigit) && (line.Length == 3 || line[3] is ' ' or '-');
        OnText(hasNumber && line.Length > 4 ? line[4..] : line);
        if (_open is not null && !(hasNumber && line[..3] == _open && (line.Length == 3 || line[3] == ' ')))
        {
            return default;
        }

        if (!hasNumber)
        {
            return Refuse(line);
        }

        _open = line.Length > 3 && line[3] == '-' ? line[..3] : null;
        return _open is null ? OnAnswer(line[..3], line) : default;
    }

    /// <summary>Sees each line of an answer, without its number.</summary>
    private protected virtual void OnText(string text)
    {
    }

    /// <summary>What follows from an answer.</summary>
    private protected abstract StartTlsStep OnAnswer(string number, string line);
}

/// <summary>STARTTLS of SMTP (RFC 3207).</summary>
internal sealed class SmtpDialogue : NumberedDialogue
{
    private int _answers;
    private bool _isOffered;

    /// <inheritdoc/>
    private protected override void OnText(string text)
        => _isOffered |= _answers == 1 && text.Trim().Equals("STARTTLS", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    private protected override StartTlsStep OnAnswer(string number, string line) => (_answers++, number) switch
    {
        (0, "220") => Say("EHLO psnetlab.localhost"),
        (1, "250") => _isOffered ? Say("STARTTLS") : new(0, Refusal: "the server does not offer STARTTLS"),
        (2, "220") => Done,
        _ => Refuse(line),
    };
}

/// <summary>AUTH TLS of FTP (RFC 4217, section 4).</summary>
internal sealed class FtpDialogue : NumberedDialogue
{
    private bool _hasAsked;

    /// <inheritdoc/>
    private protected override StartTlsStep OnAnswer(string number, string line)
    {
        switch (number)
        {
            case "120" when !_hasAsked: // "ready in a while"
                return default;
            case "220" when !_hasAsked:
                _hasAsked = true;
                return Say("AUTH TLS");
            case "234" when _hasAsked:
                return Done;
            default:
                return Refuse(line);
        }
    }
}

/// <summary>STARTTLS of IMAP (RFC 9051, section 6.2.1).</summary>
internal sealed class ImapDialogue : LineDialogue
{
    private const string Tag = "a1 ";
    private bool _hasAsked;

    /// <inheritdoc/>
    private protected override StartTlsStep OnLine(string line)
    {
        if (!_hasAsked)
        {
            _hasAsked = true;
            return Begins(line, "* OK") ? Say($"{Tag}STARTTLS") : Refuse(line);
        }

        return Begins(line, Tag) ? (Begins(line, $"{Tag}OK") ? Done : Refuse(line))
            : !Begins(line, "*") || Begins(line, "* BYE") ? Refuse(line)
            : default;
    }

    private static bool Begins(string line, string start) => line.StartsWith(start, StringComparison.OrdinalIgnoreCase);
}

/// <summary>STLS of POP3 (RFC 2595, section 4).</summary>
internal sealed class Pop3Dialogue : LineDialogue
{
    private bool _hasAsked;

    /// <inheritdoc/>
    private protected override StartTlsStep OnLine(string line)
    {
        if (!line.StartsWith("+OK", StringComparison.OrdinalIgnoreCase))
        {
            return Refuse(line);
        }

        StartTlsStep step = _hasAsked ? Done : Say("STLS");
        _hasAsked = true;
        return step;
    }
}
