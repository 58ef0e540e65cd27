using System.Collections;
using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Display;

/// <summary>Formats values for the table views, especially values that a peer chose.</summary>
public static class View
{
    private const int MostCharacters = 256;

    /// <summary>
    /// The text of a message, shortened if it is long, with control characters as symbols (U+2400 and up), so that no
    /// peer can clear or color the screen.
    /// </summary>
    /// <param name="message">An object with a Text property.</param>
    public static string Text(PSObject message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Visible(Value(message, "Text"));
    }

    /// <summary>Method and target of a request.</summary>
    /// <param name="request">The record of the request, live or deserialized.</param>
    public static string Request(PSObject request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Visible($"{Value(request, nameof(HttpRequestRecord.Method))} {Value(request, nameof(HttpRequestRecord.Target))}");
    }

    /// <summary>The banner of a port, as <see cref="Text"/> shows a text.</summary>
    /// <param name="result">The result of a test, live or deserialized.</param>
    public static string Banner(PSObject result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return Visible(Value(result, nameof(TcpPortResult.Banner)));
    }

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

    /// <summary>Where a certificate was seen: of what is too long for the column, the end, which has the port or the name of the file.</summary>
    /// <param name="certificate">A certificate that a check saw, live or deserialized.</param>
    public static string Source(PSObject certificate)
    {
        const int Width = 21;
        ArgumentNullException.ThrowIfNull(certificate);
        string source = Visible(Value(certificate, nameof(CertificateInfo.Source)));
        return source.Length > Width ? $"\u2026{source[^(Width - 1)..]}" : source;
    }

    /// <summary>The name of the fault, and the kinds of the problems.</summary>
    /// <param name="result">An object with a list of Problems, live or deserialized.</param>
    public static string Problems(PSObject result)
    {
        ArgumentNullException.ThrowIfNull(result);
        IEnumerable<object> problems = (result.Properties[nameof(CertificateInfo.Problems)]?.Value.Unwrapped() as IEnumerable)?.Cast<object>() ?? [];

        // The text of a problem begins with its kind, also in a copy that is nothing but text.
        IEnumerable<string> kinds = problems.Select(problem => problem.ToString()!.Split(':')[0]);
        return string.Join(", ", kinds.Prepend(Value(result, nameof(TlsEndpointResult.ErrorId))).Where(word => word.Length > 0).Distinct());
    }

    private static string Visible(string text)
    {
        bool cut = text.Length > MostCharacters;
        return string.Create(cut ? MostCharacters : text.Length, (text, cut), static (shown, source) =>
        {
            source.text.AsSpan(0, shown.Length).CopyTo(shown);
            for (int i = 0; i < shown.Length; i++)
            {
                shown[i] = shown[i] switch
                {
                    < ' ' => (char)(0x2400 + shown[i]),
                    '\x7f' => '\u2421',
                    >= '\x80' and < '\xa0' => '\ufffd',
                    _ => shown[i],
                };
            }

            if (source.cut)
            {
                shown[^1] = '\u2026';
            }
        });
    }

    private static string Value(PSObject source, string property) => source.Properties[property]?.Value as string ?? string.Empty;
}
