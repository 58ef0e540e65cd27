namespace PSNetLab.Engine.Capture;

/// <summary>Reads transcripts together, by time, and goes on where it stopped.</summary>
internal sealed class TranscriptReader
{
    private readonly Dictionary<Transcript, long> _next = [];

    /// <summary>How many events were gone before they could be read, because the transcript has a limit.</summary>
    internal long Missed { get; private set; }

    /// <summary>Which conversations to read; null for all.</summary>
    internal Func<Conversation, bool>? Matches { get; init; }

    /// <summary>The events that were recorded since the last call, or from the beginning.</summary>
    internal IEnumerable<NetTranscriptEvent> Read(IReadOnlyList<Transcript> transcripts)
    {
        foreach (Transcript forgotten in _next.Keys.Except(transcripts).ToArray())
        {
            _next.Remove(forgotten);
        }

        PriorityQueue<IEnumerator<NetTranscriptEvent>, long> heads = new();
        foreach (Transcript transcript in transcripts)
        {
            Advance(heads, Read(transcript).GetEnumerator());
        }

        return Merge(heads);
    }

    /// <summary>Whether there is more to read.</summary>
    internal bool HasMore(IEnumerable<Transcript> transcripts)
        => transcripts.Any(transcript => transcript.Next > _next.GetValueOrDefault(transcript, 1));

    private static IEnumerable<NetTranscriptEvent> Merge(PriorityQueue<IEnumerator<NetTranscriptEvent>, long> heads)
    {
        while (heads.TryDequeue(out IEnumerator<NetTranscriptEvent>? head, out _))
        {
            yield return head.Current;
            Advance(heads, head);
        }
    }

    private IEnumerable<NetTranscriptEvent> Read(Transcript transcript)
    {
        long from = _next.GetValueOrDefault(transcript, 1);
        if (from > 1)
        {
            // At the beginning, the events themselves say what is missing.
            Missed += Math.Max(transcript.First - from, 0);
        }

        long end = _next[transcript] = transcript.Next;
        return from == end ? [] : transcript.Read(from, Matches).Where(item => item.Sequence < end);
    }

    private static void Advance(PriorityQueue<IEnumerator<NetTranscriptEvent>, long> heads, IEnumerator<NetTranscriptEvent> next)
    {
        if (next.MoveNext())
        {
            heads.Enqueue(next, next.Current.Timestamp);
        }
    }
}
