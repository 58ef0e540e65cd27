using System.Globalization;
using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>An event of a stream (HTML standard, section 9.2, server-sent events). What is null is not sent.</summary>
internal sealed record ServerSentEvent
{
    /// <summary>A comment without text, which clients ignore: it shows that the stream is alive, and whether the client is.</summary>
    internal static readonly byte[] Heartbeat = ":\n\n"u8.ToArray();

    // All there are: other characters that begin a new line elsewhere are part of one here.
    private static readonly string[] s_lineEnds = ["\r\n", "\n", "\r"];

    /// <summary>The data. Each line of it becomes a line of the stream, and clients put them together again.</summary>
    internal string? Data { get; init; }

    /// <summary>The type, for which clients listen; without one it is "message".</summary>
    internal string? Event { get; init; }

    /// <summary>What a client that comes back sends as Last-Event-ID.</summary>
    internal string? Id { get; init; }

    /// <summary>How many milliseconds a client waits before it comes back.</summary>
    internal int? Retry { get; init; }

    internal string? Comment { get; init; }

    /// <summary>Whether type and id fit into a line.</summary>
    internal bool IsValid
        => Event?.AsSpan().ContainsAny('\r', '\n') != true && Id?.AsSpan().ContainsAny('\r', '\n', '\0') != true && Retry is not < 0;

    internal byte[] Format()
    {
        StringBuilder text = new();
        AppendLines(text, string.Empty, Comment);
        AppendLines(text, "event", Event);
        AppendLines(text, "id", Id);
        AppendLines(text, "retry", Retry?.ToString(CultureInfo.InvariantCulture));
        AppendLines(text, "data", Data);
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    private static void AppendLines(StringBuilder text, string name, string? value)
    {
        if (value is null)
        {
            return;
        }

        // The three ends of a line are the same to clients.
        foreach (string line in value.Split(s_lineEnds, StringSplitOptions.None))
        {
            text.Append(name).Append(": ").Append(line).Append('\n');
        }
    }
}
