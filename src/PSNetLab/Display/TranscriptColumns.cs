using System.Globalization;
using System.Management.Automation;
using System.Net;

namespace PSNetLab.Display;

/// <summary>Formats events of transcripts for their table.</summary>
public static class TranscriptColumns
{
    private const int WayColumns = 25;
    private const int ColumnsBeforeText = 54;

    /// <summary>Client, arrow and server: their ports and, if it is another machine, the address of the client.</summary>
    /// <param name="item">The event, live or deserialized.</param>
    public static string Way(PSObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        string arrow = Word(item, nameof(NetTranscriptEvent.Direction)) switch
        {
            nameof(NetTranscriptDirection.ToServer) => "-->",
            nameof(NetTranscriptDirection.ToClient) => "<--",
            _ => "---",
        };
        string client = Word(item, nameof(NetTranscriptEvent.ClientEndPoint));
        string server = Word(item, nameof(NetTranscriptEvent.ServerEndPoint));
        if (!IPEndPoint.TryParse(client, out IPEndPoint? from) || !IPEndPoint.TryParse(server, out IPEndPoint? to))
        {
            return $"{client} {arrow} {server}";
        }

        string name = from.Address.Equals(to.Address) ? from.Port.ToString(CultureInfo.InvariantCulture) : client;
        string way = $"{name} {arrow} {to.Port}";
        return way.Length <= WayColumns ? way : $"\u2026{way[^(WayColumns - 1)..]}";
    }

    /// <summary>The number of bytes or, of an event without any, its kind.</summary>
    /// <param name="item">The event, live or deserialized.</param>
    public static string What(PSObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        string kind = Word(item, nameof(NetTranscriptEvent.Kind));
        return kind == nameof(NetTranscriptKind.Data) ? Word(item, nameof(NetTranscriptEvent.Length)) : kind;
    }

    /// <summary>The text or, of an event without any, more about it; with control characters as symbols.</summary>
    /// <param name="item">The event, live or deserialized.</param>
    public static string Text(PSObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        bool isData = Word(item, nameof(NetTranscriptEvent.Kind)) == nameof(NetTranscriptKind.Data);
        return isData ? View.Text(item, ColumnsBeforeText) : View.Detail(item, ColumnsBeforeText);
    }

    private static string Word(PSObject item, string property) => item.Properties[property]?.Value?.ToString() ?? string.Empty;
}
