using System.Buffers;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Finds the HTTP requests and answers in the bytes of a conversation.</summary>
/// <param name="first">Its first event.</param>
internal sealed class TranscriptExchanges(NetTranscriptEvent first)
{
    // Whoever wrote it has accepted it.
    private static readonly HttpLimits s_limits = new() { StartLineBytes = 1024 * 1024, HeaderBytes = 1024 * 1024, HeaderCount = 10_000 };

    private readonly Lane[] _lanes = [new(), new()];

    internal void Add(NetTranscriptEvent item)
    {
        if (item.Direction is { } direction)
        {
            _lanes[(int)direction].Add(item);
        }
    }

    /// <summary>The exchanges that are complete, with bodies as they were sent.</summary>
    /// <param name="remark">What is left out, as a sentence; null if nothing is.</param>
    internal List<RecordedExchange> Read(out string? remark)
    {
        List<RecordedExchange> exchanges = [];
        Lane requests = _lanes[(int)ToServer];
        Lane responses = _lanes[(int)ToClient];
        remark = null;
        while (requests.HasMore && remark is null)
        {
            DateTime start = requests.Time;
            RequestHead head = new();
            byte[]? headBytes = requests.TakeHead(head);
            if (headBytes is null)
            {
                remark = Problem(requests, exchanges.Count, head.FailedReason);
                break;
            }

            byte[] body = requests.TakeBody(head.Body, out bool isWhole);
            if (!TryReadResponse(responses, head, out RecordedExchange? answer, out bool isLast, out string reason))
            {
                remark = Problem(responses, exchanges.Count, reason);
                break;
            }

            exchanges.Add(answer! with
            {
                Time = start.ToLocalTime(),
                Milliseconds = Math.Max(0, (responses.LastTime - start).TotalMilliseconds),
                IsSecure = first.IsTls,
                Method = Encoding.Latin1.GetString(head.MethodText(headBytes)),
                Target = Encoding.Latin1.GetString(head.Target(headBytes)),
                RequestFields = Fields(head, headBytes),
                RequestBody = body.Length > 0 ? body : null,
            });
            if (isLast || !isWhole)
            {
                break;
            }
        }

        return exchanges;
    }

    private static bool TryReadResponse(
        Lane responses, RequestHead request, out RecordedExchange? answer, out bool isLast, out string reason)
    {
        answer = null;
        isLast = false;
        ResponseHead head = new();
        byte[]? bytes;
        do
        {
            head.Reset();
            bytes = responses.TakeHead(head);
        }
        while (bytes is not null && head.IsInformational);
        reason = head.FailedReason;
        if (bytes is null)
        {
            return false;
        }

        BodyReader reader = head.BodyFor(request.Method);
        byte[] body = responses.TakeBody(reader, out bool isWhole);
        if (!isWhole)
        {
            reason = string.Empty;
            return false;
        }

        isLast = head.IsUpgrade || (request.Method == HttpMethod.Connect && head.Status is >= 200 and < 300);
        answer = new RecordedExchange
        {
            Method = string.Empty,
            Target = string.Empty,
            Status = head.Status,
            Fields = Fields(head, bytes),
            Body = body,
        };
        return true;
    }

    private static List<KeyValuePair<string, string>> Fields(MessageHead head, byte[] bytes)
    {
        List<KeyValuePair<string, string>> fields = [];
        FieldEnumerator enumerator = head.Fields(bytes);
        while (enumerator.MoveNext())
        {
            fields.Add(FieldLines.Field(Encoding.Latin1.GetString(enumerator.Name), Encoding.Latin1.GetString(enumerator.Value)));
        }

        return fields;
    }

    private static string Problem(Lane lane, int count, string reason)
    {
        string what = lane.IsBroken ? "bytes are missing"
            : reason.Length > 0 ? $"it is not HTTP/1.1 ({reason.TrimEnd('.')})"
            : "the last exchange is not complete";
        return $"{what}, so only the {count} exchanges before it are written.";
    }

    /// <summary>One direction, and how far it was read.</summary>
    private sealed class Lane
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();
        private readonly List<(int End, DateTime Time)> _times = [];
        private int _at;
        private bool _hasEnded;

        /// <summary>Whether bytes are missing after those that are here.</summary>
        internal bool IsBroken { get; private set; }

        internal bool HasMore => _at < _bytes.WrittenCount;

        /// <summary>When the next byte went by, in UTC: local time jumps where clocks change.</summary>
        internal DateTime Time => TimeAt(_at);

        /// <summary>When the last byte that was taken went by, in UTC.</summary>
        internal DateTime LastTime => TimeAt(Math.Max(0, _at - 1));

        private ReadOnlySpan<byte> Rest => _bytes.WrittenSpan[_at..];

        internal void Add(NetTranscriptEvent item)
        {
            IsBroken |= item.Kind == NetTranscriptKind.Dropped;
            _hasEnded |= item.Kind is NetTranscriptKind.HalfClosed;
            if (item.Bytes is { } data && !IsBroken)
            {
                _bytes.Write(data);
                _times.Add((_bytes.WrittenCount, item.Moment.ToUniversalTime()));
            }
        }

        internal byte[]? TakeHead(MessageHead head)
        {
            if (head.Parse(Rest, s_limits) != ParseStatus.Complete)
            {
                return null;
            }

            byte[] bytes = Rest[..head.HeadLength].ToArray();
            _at += bytes.Length;
            return bytes;
        }

        internal byte[] TakeBody(BodyReader reader, out bool isWhole)
        {
            using MemoryStream body = new();
            int consumed;
            do
            {
                reader.Read(Rest, out consumed, out ReadOnlySpan<byte> data);
                body.Write(data);
                _at += consumed;
            }
            while (consumed > 0);
            isWhole = reader.Status == ParseStatus.Complete || (_hasEnded && !IsBroken && reader.End() == ParseStatus.Complete);
            return body.ToArray();
        }

        private DateTime TimeAt(int place)
        {
            int low = 0;
            int high = _times.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = _times[middle].End > place ? (low, middle) : (middle + 1, high);
            }

            return low < _times.Count ? _times[low].Time : default;
        }
    }
}
