using System.Globalization;
using System.Text.Json;
using PSNetLab.Engine.Capture.Files;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>
/// Writes the requests and answers of a transcript as an HTTP Archive, without their secrets. Everything is in memory until the end.
/// </summary>
/// <param name="stream">Where to.</param>
/// <param name="redactor">Takes the secrets out.</param>
/// <param name="limit">How long bodies may be; null for the limit that files have.</param>
internal sealed class TranscriptHarWriter(Stream stream, Redactor redactor, DecodingLimit? limit = null) : TranscriptWriter
{
    private readonly DecodingLimit _limit = limit ?? DecodingLimit.OfFile();
    private readonly Dictionary<int, TranscriptExchanges> _conversations = [];
    private readonly List<string> _remarks = [];
    private int _omitted;

    internal override IReadOnlyList<string> Remarks => _remarks;

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
        HarWriter.Write(writer, exchanges.OrderBy(exchange => exchange.Time).Select(Finish), Comment);
    }

    /// <summary>An exchange as an archive has it: bodies without their codings, and fields as they were.</summary>
    private RecordedExchange Finish(RecordedExchange exchange)
    {
        byte[] body = BodyCodings.Plain(exchange.Body, exchange.Fields, _limit, out string? omitted);
        byte[] sent = BodyCodings.Plain(exchange.RequestBody ?? [], exchange.RequestFields, _limit, out string? requestOmitted);
        RecordedExchange safe = redactor.Redact(exchange with
        {
            Body = body,
            Omitted = omitted,
            RequestBody = sent.Length > 0 ? sent : null,
            RequestOmitted = requestOmitted,
        });
        _omitted += (safe.Omitted is null ? 0 : 1) + (safe.RequestOmitted is null ? 0 : 1);
        return safe;
    }

    private string Comment()
    {
        if (_omitted == 0)
        {
            return Redactor.Remark;
        }

        string what = _omitted == 1 ? "1 body is left out: see its comment."
            : string.Create(CultureInfo.InvariantCulture, $"{_omitted} bodies are left out: see their comments.");
        _remarks.Add(what);
        return $"{Redactor.Remark} {what}";
    }
}
