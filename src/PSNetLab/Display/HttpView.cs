using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Display;

/// <summary>Shows HTTP messages as the texts that they are.</summary>
public static class HttpView
{
    private const string Reset = "\u001b[0m";
    private const string Bold = "\u001b[1m";
    private const string Dim = "\u001b[90m";
    private const string Name = "\u001b[36m";
    private const string Good = "\u001b[32m";
    private const string Neutral = "\u001b[33m";
    private const string Bad = "\u001b[31m";

    private const int MostBodyCharacters = 2000;
    private const int BarCharacters = 16;

    // From the first phase to the last: its letter in the bar, and the property with its milliseconds.
    private static readonly (char Letter, string Word, string Property)[] s_phases =
    [
        ('r', "resolve", nameof(HttpExchangeResult.ResolveMilliseconds)),
        ('c', "connect", nameof(HttpExchangeResult.ConnectMilliseconds)),
        ('t', "tls", nameof(HttpExchangeResult.TlsMilliseconds)),
        ('s', "send", nameof(HttpExchangeResult.SendMilliseconds)),
        ('w', "wait", nameof(HttpExchangeResult.WaitMilliseconds)),
        ('b', "receive", nameof(HttpExchangeResult.ReceiveMilliseconds)),
    ];

    /// <summary>Request and response, their times, and the remarks.</summary>
    /// <param name="exchange">What Send-HttpRequest returned, live or deserialized.</param>
    /// <param name="rendering">$PSStyle.OutputRendering.</param>
    public static string Exchange(PSObject exchange, object? rendering)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        Paper paper = new(View.HasColors(rendering));
        paper.Message('>', Text(Value(exchange, nameof(HttpExchangeResult.Request))));
        foreach (object? interim in List(exchange, nameof(HttpExchangeResult.Informational)))
        {
            paper.Message('<', Text(interim));
        }

        paper.Message('<', Text(Value(exchange, nameof(HttpExchangeResult.Response))));
        paper.Line(Dim, Times(exchange));
        foreach (object? remark in List(exchange, nameof(HttpExchangeResult.Remarks)))
        {
            paper.Line(Neutral, $"! {Visible(remark?.ToString() ?? string.Empty)}");
        }

        if (Value(exchange, nameof(HttpExchangeResult.Reason)).Unwrapped() is string reason)
        {
            paper.Line(Bad, $"! {Visible(reason)}");
        }

        return paper.ToString();
    }

    /// <summary>The phases of a request as a bar, a letter for each: r(esolve), c(onnect), t(ls), s(end), w(ait), b(ody).</summary>
    /// <param name="result">An object with the milliseconds of the phases, live or deserialized.</param>
    public static string Bar(PSObject result)
    {
        ArgumentNullException.ThrowIfNull(result);
        double[] parts = [.. s_phases.Select(phase => Value(result, phase.Property).Unwrapped() is double milliseconds ? milliseconds : 0)];
        double total = parts.Sum();
        StringBuilder bar = new();
        double before = 0;
        for (int i = 0; i < parts.Length && total > 0; i++)
        {
            // Rounded at its ends, so that the whole always has its length.
            before += parts[i];
            bar.Append(s_phases[i].Letter, Math.Max((int)Math.Round(before / total * BarCharacters) - bar.Length, 0));
        }

        return bar.ToString();
    }

    private static string Times(PSObject exchange)
    {
        StringBuilder text = new();
        foreach ((_, string word, string property) in s_phases)
        {
            if (Value(exchange, property).Unwrapped() is double milliseconds)
            {
                text.Append(CultureInfo.InvariantCulture, $"{word} {milliseconds:0.###}, ");
            }
        }

        return text.Append(
            CultureInfo.InvariantCulture, $"total {Value(exchange, nameof(HttpExchangeResult.TotalMilliseconds)):0.###} ms").ToString();
    }

    // Unwrapped, a copy would lose its properties.
    private static object? Value(PSObject source, string property) => source.Properties[property]?.Value;

    private static IEnumerable<object?> List(PSObject source, string property)
        => (Value(source, property).Unwrapped() as IEnumerable)?.Cast<object?>() ?? [];

    private static string Text(object? message)
        => message is null ? string.Empty : Value(PSObject.AsPSObject(message), nameof(HttpSentRequest.Text)) as string ?? string.Empty;

    private static string Visible(string text) => string.Join('\t', text.Split('\t').Select(PeerText.Visible));

    /// <summary>Collects lines, in colors or without.</summary>
    private sealed class Paper(bool hasColors)
    {
        private readonly StringBuilder _text = new();

        /// <inheritdoc/>
        public override string ToString() => _text.ToString().TrimEnd('\n');

        internal void Line(string color, string text) => _text.Append(Colored(color, text)).Append('\n');

        internal void Message(char direction, string text)
        {
            if (text.Length == 0)
            {
                return;
            }

            bool isFirst = true;
            int start = 0;
            while (start < text.Length)
            {
                int end = text.IndexOf('\n', start);
                string line = end < 0 ? text[start..] : text[start..end];
                start = end < 0 ? text.Length : end + 1;

                // A line end of one character is worth seeing.
                string mark = line.EndsWith('\r') ? string.Empty : end >= 0 ? "\u240a" : string.Empty;
                line = line.TrimEnd('\r');
                string shown = isFirst ? First(line) : Field(line);
                _text.Append(Colored(Dim, $"{direction} ")).Append(shown).Append(Colored(Dim, mark)).Append('\n');
                if (line.Length == 0 && !isFirst)
                {
                    break;
                }

                isFirst = false;
            }

            Body(text.AsSpan(start));
        }

        private void Body(ReadOnlySpan<char> body)
        {
            if (body.Length == 0)
            {
                return;
            }

            if (body.Contains('\0'))
            {
                _text.Append(Colored(Dim, $"({body.Length} characters of binary data)")).Append('\n');
                return;
            }

            string shown = body[..Math.Min(body.Length, MostBodyCharacters)].ToString();
            string[] lines = shown.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n').Split('\n');
            _text.AppendJoin('\n', lines.Select(Visible)).Append('\n');
            if (shown.Length < body.Length)
            {
                _text.Append(Colored(Dim, $"({body.Length - shown.Length} more characters)")).Append('\n');
            }
        }

        private string First(string line)
        {
            string[] words = Visible(line).Split(' ', 3);
            bool isStatus = line.StartsWith("HTTP/", StringComparison.OrdinalIgnoreCase) && words.Length > 1 && words[1].Length == 3;
            string color = !isStatus ? Bold : words[1][0] switch
            {
                '1' or '2' => Good,
                '3' => Neutral,
                _ => Bad,
            };
            return Colored(color, Visible(line));
        }

        private string Field(string line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? Visible(line) : Colored(Name, Visible(line[..colon])) + Visible(line[colon..]);
        }

        private string Colored(string color, string text) => hasColors && text.Length > 0 ? color + text + Reset : text;
    }
}
