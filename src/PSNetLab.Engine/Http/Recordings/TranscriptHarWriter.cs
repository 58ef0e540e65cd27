using System.Globalization;
using System.Text.Json;
using PSNetLab.Engine.Capture.Files;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Writes the requests and answers of a transcript as an HTTP Archive. Everything is in memory until the end.</summary>
internal sealed class TranscriptHarWriter(Stream stream) : TranscriptWriter
{
    private readonly Dictionary<int, TranscriptExchanges> _conversations = [];
    private readonly List<string> _remarks = [];

    /// <summary>What is left out, once it is written.</summary>
    internal IReadOnlyList<string> Remarks => _remarks;

    internal override void Write(NetTranscriptEvent item)
    {
        if (item.Protocol != NetTranscriptProtocol.Tcp)
        {
            return;
        }

        if (!_conversations.TryGetValue(item.ConnectionId, out TranscriptExchanges? conversation))
        {
            _conversations.Add(item.ConnectionId, conversation = new TranscriptExchanges(item));
        }

        conversation.Add(item);
    }

    internal override void Finish()
    {
        List<RecordedExchange> exchanges = [];
        foreach ((int id, TranscriptExchanges conversation) in _conversations)
        {
            exchanges.AddRange(conversation.Read(out string? remark));
            if (remark is not null)
            {
                _remarks.Add($"Connection {id.ToString(CultureInfo.InvariantCulture)}: {remark}");
            }
        }

        using Utf8JsonWriter writer = new(stream, RecordingWriter.Indented);
        HarWriter.Write(writer, [.. exchanges.OrderBy(exchange => exchange.Time)]);
    }
}
