using System.Diagnostics;
using System.Text;

namespace PSNetLab.Engine.Capture;

/// <summary>What went over some connections, in memory, up to a limit: the oldest goes first.</summary>
/// <remarks>
/// Bytes are copied once, into arrays that hold many events, so that recording allocates nothing per message. Events become objects
/// when somebody reads them.
/// </remarks>
internal sealed class Transcript
{
    /// <summary>The limit that the cmdlets have, too: 16 MiB.</summary>
    internal const int DefaultLimitBytes = 16 * 1024 * 1024;

    /// <summary>The most bytes of one event of a stream.</summary>
    private const int MostStreamBytes = 64 * 1024;

    /// <summary>Below the size at which arrays go to the large object heap.</summary>
    private const int MostSegmentBytes = 80_000;

    private readonly object _gate = new();
    private readonly LinkedList<TranscriptSegment> _segments = new();
    private readonly int _limit;
    private readonly int _segmentBytes;
    private readonly long _startTimestamp = Stopwatch.GetTimestamp();
    private readonly DateTime _startTime = DateTime.UtcNow;
    private long _bytes;
    private long _next = 1;

    internal Transcript(int limitBytes = DefaultLimitBytes)
    {
        _limit = limitBytes;
        _segmentBytes = Math.Clamp(limitBytes / 8, 1024, MostSegmentBytes);
    }

    /// <summary>The number that the next event gets.</summary>
    internal long Next
    {
        get
        {
            lock (_gate)
            {
                return _next;
            }
        }
    }

    /// <summary>The bytes of memory that it uses.</summary>
    internal long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>The number of the oldest event that is still there; <see cref="Next"/> if none is.</summary>
    internal long First
    {
        get
        {
            lock (_gate)
            {
                return _segments.First?.Value.First ?? _next;
            }
        }
    }

    /// <summary>Records an event, unless its conversation is over. The bytes are copied.</summary>
    /// <param name="conversation">Whose it is.</param>
    /// <param name="kind">What happened.</param>
    /// <param name="direction">Which way; null for none.</param>
    /// <param name="data">The bytes, or a text in UTF-8 that goes with the event.</param>
    /// <param name="timestamp">When, as Stopwatch counts.</param>
    internal void Add(
        Conversation conversation, NetTranscriptKind kind, NetTranscriptDirection? direction, ReadOnlySpan<byte> data, long timestamp)
    {
        lock (_gate)
        {
            if (!conversation.Follow(kind, direction, ref timestamp))
            {
                return;
            }

            // A datagram stays whole; a stream has no boundaries that could be lost.
            bool mayDivide = kind == NetTranscriptKind.Data && conversation.Protocol == NetTranscriptProtocol.Tcp;
            do
            {
                ReadOnlySpan<byte> piece = mayDivide ? data[..Math.Min(data.Length, MostStreamBytes)] : data;
                Room(piece.Length).Append(conversation, kind, direction, piece, timestamp);
                data = data[piece.Length..];
                _next++;
            }
            while (!data.IsEmpty);
        }
    }

    /// <summary>Records an event without bytes, now.</summary>
    internal void Note(
        Conversation conversation, NetTranscriptKind kind, NetTranscriptDirection? direction = null, string? detail = null)
        => Add(conversation, kind, direction, detail is null ? default : Encoding.UTF8.GetBytes(detail), Stopwatch.GetTimestamp());

    /// <summary>The conversations of which there is something.</summary>
    internal IEnumerable<Conversation> Conversations()
    {
        lock (_gate)
        {
            return [.. _segments.SelectMany(segment => segment.Peek().Conversations.Where(one => one is not null)).Distinct()];
        }
    }

    /// <summary>The events from a number on, in the order of their times.</summary>
    /// <param name="from">The number of the first event.</param>
    /// <param name="matches">Which conversations; null for all.</param>
    /// <remarks>
    /// A send has the time before it and is recorded after it, when another thread may already have recorded the answer: the times say
    /// what caused what.
    /// </remarks>
    internal IEnumerable<NetTranscriptEvent> Read(long from = 1, Func<Conversation, bool>? matches = null)
    {
        TranscriptSegment.Part[] parts;
        Dictionary<Conversation, long[]> dropped = [];
        lock (_gate)
        {
            parts = [.. _segments.Where(segment => segment.First + segment.Count > from).Select(segment => segment.Freeze())];
            foreach (Conversation conversation in parts.SelectMany(part => part.Conversations.Where(one => one is not null)))
            {
                if (from == 1 && conversation.Dropped.Any(bytes => bytes > 0))
                {
                    dropped[conversation] = [.. conversation.Dropped];
                }
            }
        }

        IEnumerable<TranscriptSegment.Entry> entries = parts
            .SelectMany(part => part.Entries())
            .Where(entry => entry.Number >= from && matches?.Invoke(entry.Conversation) != false)
            .OrderBy(entry => entry.Timestamp);
        foreach (TranscriptSegment.Entry entry in entries)
        {
            if (dropped.Remove(entry.Conversation, out long[]? bytes))
            {
                for (int way = 0; way < bytes.Length; way++)
                {
                    if (bytes[way] > 0)
                    {
                        yield return Show(
                            entry with { Kind = NetTranscriptKind.Dropped, Direction = (NetTranscriptDirection)way }, bytes[way]);
                    }
                }
            }

            yield return Show(entry, null);
        }
    }

    private TranscriptSegment Room(int dataBytes)
    {
        if (_segments.Last?.Value is { } last && last.HasRoom(dataBytes))
        {
            return last;
        }

        int capacity = Math.Max(_segmentBytes, TranscriptSegment.HeaderBytes + dataBytes);
        byte[]? spare = null;
        _bytes += _segments.Last?.Value.ConversationBytes ?? 0;
        while (_bytes + capacity > _limit && _segments.Count > 0)
        {
            TranscriptSegment oldest = _segments.First!.Value;
            _segments.RemoveFirst();
            _bytes -= oldest.Capacity + oldest.ConversationBytes;
            oldest.Leave();
            spare = oldest.Capacity == capacity ? oldest.Spare ?? spare : spare;
            foreach (TranscriptSegment.Entry entry in oldest.Peek().Entries())
            {
                if (entry is { Kind: NetTranscriptKind.Data, Direction: { } direction })
                {
                    entry.Conversation.Dropped[(int)direction] += entry.Data.Length;
                }
            }
        }

        // A full transcript goes on in the memory that it has.
        TranscriptSegment next = new(spare ?? GC.AllocateUninitializedArray<byte>(capacity), _next);
        _segments.AddLast(next);
        _bytes += capacity;
        return next;
    }

    private NetTranscriptEvent Show(TranscriptSegment.Entry entry, long? missing)
    {
        Conversation conversation = entry.Conversation;
        bool hasData = missing is null && entry.Kind == NetTranscriptKind.Data;
        return new NetTranscriptEvent
        {
            Sequence = entry.Number,
            Moment = (_startTime + Stopwatch.GetElapsedTime(_startTimestamp, entry.Timestamp)).ToLocalTime(),
            Elapsed = Stopwatch.GetElapsedTime(conversation.Start, Math.Max(entry.Timestamp, conversation.Start)),
            ConnectionId = conversation.Id,
            Protocol = conversation.Protocol,
            Kind = entry.Kind,
            Direction = entry.Direction,
            Length = missing ?? (hasData ? entry.Data.Length : 0),
            Bytes = hasData ? entry.Data.ToArray() : null,
            Detail = missing is not null ? "The transcript has reached its limit, so its oldest bytes are gone."
                : hasData || entry.Data.IsEmpty ? null : Encoding.UTF8.GetString(entry.Data.Span),
            Timestamp = entry.Timestamp,
            Client = conversation.Client,
            Server = conversation.Server,
            IsTls = conversation.Tls is not null,
            TextEncoding = conversation.Encoding,
        };
    }
}
