namespace PSNetLab.Engine.Capture;

/// <summary>Reads transcripts together, by time, and goes on where it stopped.</summary>
internal sealed class TranscriptReader
{
    private readonly Dictionary<Transcript, long> _next = [];

    /// <summary>Which conversations to read; null for all.</summary>
    internal Func<Conversation, bool>? Matches { get; init; }

    /// <summary>The events that were recorded since the last call, or from the beginning.</summary>
    internal IEnumerable<NetTranscriptEvent> Read(IReadOnlyList<Transcript> transcripts)
    {
        PriorityQueue<IEnumerator<NetTranscriptEvent>, long> heads = new();
        foreach (Transcript transcript in transcripts)
        {
            Advance(heads, Read(transcript).GetEnumerator());
        }

        return Merge(heads);
    }

    /// <summary>For each transcript a task that completes when there is more to read.</summary>
    internal IEnumerable<Task> More(IEnumerable<Transcript> transcripts)
        => transcripts.Select(transcript => transcript.WaitAsync(_next.GetValueOrDefault(transcript, 1)));

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
