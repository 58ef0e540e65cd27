using System.Collections;
using System.Management.Automation;
using System.Text;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Display;

/// <summary>Formats values for the table views, especially values that a peer chose.</summary>
public static class View
{
    private const int MostCharacters = 256;
    private const int LeastCharacters = 20;
    private const int UsualWidth = 80;

    /// <summary>
    /// The text of a message, shortened if it is long, with control characters as symbols (U+2400 and up), so that no
    /// peer can clear or color the screen.
    /// </summary>
    /// <param name="message">An object with a Text property.</param>
    /// <param name="before">How many columns of the line come before it; 0 if the length of the line does not matter.</param>
    public static string Text(PSObject message, int before = 0) => Shown(message, "Text", before);

    /// <summary>Method and target of a request.</summary>
    /// <param name="request">The record of the request, live or deserialized.</param>
    /// <param name="before">How many columns of the line come before it; 0 if the length of the line does not matter.</param>
    public static string Request(PSObject request, int before = 0)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Visible($"{Value(request, nameof(HttpRequestRecord.Method))} {Value(request, nameof(HttpRequestRecord.Target))}", before);
    }

    /// <summary>The banner of a port, as <see cref="Text"/> shows a text.</summary>
    /// <param name="result">The result of a test, live or deserialized.</param>
    /// <param name="before">How many columns of the line come before it; 0 if the length of the line does not matter.</param>
    public static string Banner(PSObject result, int before = 0) => Shown(result, nameof(TcpPortResult.Banner), before);

    /// <summary>More about an event, as <see cref="Text"/> shows a text.</summary>
    /// <param name="item">An object with a Detail property, live or deserialized.</param>
    /// <param name="before">How many columns of the line come before it; 0 if the length of the line does not matter.</param>
    public static string Detail(PSObject item, int before = 0) => Shown(item, nameof(NetTranscriptEvent.Detail), before);

    /// <summary>What a name server said: the data or, without any, what became of the query.</summary>
    /// <param name="reply">The reply, live or deserialized.</param>
    public static string Answer(PSObject reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        string data = Value(reply, nameof(DnsReply.Data));
        return data.Length > 0 ? Visible(data) : $"({reply.Properties[nameof(DnsReply.Status)]?.Value})";
    }

    /// <summary>The subject of a certificate, as <see cref="Text"/> shows a text.</summary>
    /// <param name="certificate">A certificate that a check saw, live or deserialized.</param>
    public static string Subject(PSObject certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return Visible(Value(certificate, nameof(CertificateInfo.Subject)));
    }

    /// <summary>
    /// Where a certificate was seen: of what is too long for the column, the end, which has the port or the name of the file.
    /// </summary>
    /// <param name="certificate">A certificate that a check saw, live or deserialized.</param>
    public static string Source(PSObject certificate)
    {
        const int Width = 21;
        ArgumentNullException.ThrowIfNull(certificate);
        string source = Visible(Value(certificate, nameof(CertificateInfo.Source)));
        return source.Length > Width ? $"\u2026{source[^(Width - 1)..]}" : source;
    }

    /// <summary>The local end of a socket: of a Unix socket the path, which any user of the machine may have chosen.</summary>
    /// <param name="socket">A socket, live or deserialized.</param>
    public static string Local(PSObject socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return Visible(socket.Properties[nameof(SocketInfo.LocalEndPoint)]?.Value?.ToString() ?? string.Empty);
    }

    /// <summary>The name of the process of a socket, which the process may have chosen.</summary>
    /// <param name="socket">A socket, live or deserialized.</param>
    public static string Process(PSObject socket) => Shown(socket, nameof(SocketInfo.ProcessName), before: 0);

    /// <summary>The name of the fault, and the kinds of the problems.</summary>
    /// <param name="result">An object with a list of Problems, live or deserialized.</param>
    public static string Problems(PSObject result)
    {
        ArgumentNullException.ThrowIfNull(result);
        IEnumerable<object> problems
            = (result.Properties[nameof(CertificateInfo.Problems)]?.Value.Unwrapped() as IEnumerable)?.Cast<object>() ?? [];

        // The text of a problem begins with its kind, also in a copy that is nothing but text.
        IEnumerable<string> kinds = problems.Select(problem => problem.ToString()!.Split(':')[0]);
        return string.Join(
            ", ", kinds.Prepend(Value(result, nameof(TlsEndpointResult.ErrorId))).Where(word => word.Length > 0).Distinct());
    }

    /// <summary>Whether the user wants colors.</summary>
    /// <param name="rendering">$PSStyle.OutputRendering.</param>
    internal static bool HasColors(object? rendering)
        => rendering?.ToString() != "PlainText" && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private static string Shown(PSObject source, string property, int before)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Visible(Value(source, property), before);
    }

    private static string Visible(string text, int before = 0)
    {
        int columns = before == 0 ? MostCharacters : Math.Clamp(TerminalWidth() - 1 - before, LeastCharacters, MostCharacters);
        return PeerText.Beginning(text, Fitting(text, columns));
    }

    /// <summary>How many characters fit into some columns, as PowerShell counts: it knows none without width.</summary>
    private static int Fitting(string text, int columns)
    {
        int taken = 0;
        int index = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            taken += Math.Max(rune.Utf16SequenceLength, CharacterWidth.Of(rune));
            if (taken > columns)
            {
                return index;
            }

            index += rune.Utf16SequenceLength;
        }

        return text.Length;
    }

    /// <summary>The columns of the terminal; 80 without one.</summary>
    internal static int TerminalWidth()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth; // there is no terminal
        }
    }

    private static string Value(PSObject source, string property) => source.Properties[property]?.Value as string ?? string.Empty;
}
