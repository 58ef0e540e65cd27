using System.Collections;
using System.Management.Automation;
using System.Net.WebSockets;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.WebSockets;

namespace PSNetLab.Conversion;

/// <summary>What a script puts out for a WebSocket or an event stream.</summary>
internal static class StreamInput
{
    private static readonly string[] s_eventKeys = ["data", "event", "id", "retry", "comment"];

    /// <summary>
    /// A message as a frame: text as text, bytes as a binary message, a received message as it came, and anything else as JSON.
    /// </summary>
    internal static byte[] ToFrame(object item) => item.Unwrapped() switch
    {
        string text => WebSocketFrame.Text(Encoding.UTF8.GetBytes(text)),
        byte[] bytes => WebSocketFrame.Binary(bytes),
        HttpRequestRecord { MessageKind: WebSocketMessageType.Text } message => WebSocketFrame.Text(message.BodyBytes),
        HttpRequestRecord { MessageKind: WebSocketMessageType.Binary } message => WebSocketFrame.Binary(message.BodyBytes),
        _ => WebSocketFrame.Text(JsonText.From(item)),
    };

    /// <summary>
    /// An event: text as its data; a table with nothing but event, id, retry, data and comment as these; and anything else as data in JSON.
    /// </summary>
    /// <exception cref="NetLabException">It cannot be sent.</exception>
    internal static ServerSentEvent ToEvent(object item)
    {
        if (item.Unwrapped() is not IDictionary { Count: > 0 } table || !table.Keys.Cast<object>().All(IsEventKey))
        {
            return new ServerSentEvent { Data = ToData(item) };
        }

        Dictionary<string, object?> parts = new(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in table)
        {
            parts[(string)entry.Key] = entry.Value;
        }

        string? Text(string name) => parts.GetValueOrDefault(name) is { } value ? LanguagePrimitives.ConvertTo<string>(value) : null;
        ServerSentEvent made = new()
        {
            Data = parts.GetValueOrDefault("data") is { } data ? ToData(data) : null,
            Event = Text("event"),
            Id = Text("id"),
            Retry = parts.GetValueOrDefault("retry") is { } retry ? LanguagePrimitives.ConvertTo<int>(retry) : null,
            Comment = Text("comment"),
        };
        return made.IsValid ? made : throw new NetLabException(FaultKind.InvalidParameters,
            "The type and the id of an event are one line of text each, and retry is a number of milliseconds that is not negative");
    }

    private static bool IsEventKey(object key) => key is string name && s_eventKeys.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static string ToData(object item) => item.Unwrapped() switch
    {
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        _ => Encoding.UTF8.GetString(JsonText.From(item)),
    };
}
