namespace PSNetLab.Engine.Capture.Views;

/// <summary>Draws one picture after the other: that of a conversation at once, those of others when it has ended.</summary>
/// <param name="begin">Begins a picture, with the first event of its conversation.</param>
/// <param name="draw">Draws a row.</param>
internal sealed class LadderPictures(Action<NetTranscriptEvent> begin, Action<LadderRow> draw)
{
    private readonly Dictionary<int, Queue<NetTranscriptEvent>> _waiting = [];
    private readonly Queue<int> _order = new();
    private Ladder? _ladder;
    private int _current;

    internal void Add(NetTranscriptEvent item)
    {
        if (_ladder is null || item.ConnectionId == _current)
        {
            Draw(item);
            DrawNext();
            return;
        }

        if (!_waiting.TryGetValue(item.ConnectionId, out Queue<NetTranscriptEvent>? queue))
        {
            _waiting.Add(item.ConnectionId, queue = new Queue<NetTranscriptEvent>());
            _order.Enqueue(item.ConnectionId);
        }

        queue.Enqueue(item);
    }

    /// <summary>Draws what waits.</summary>
    internal void End()
    {
        do
        {
            _ladder = null;
            DrawNext();
        }
        while (_ladder is not null);
    }

    private void Draw(NetTranscriptEvent item)
    {
        if (_ladder is null)
        {
            _current = item.ConnectionId;
            _ladder = new Ladder();
            begin(item);
        }

        foreach (LadderRow row in _ladder.Rows(item))
        {
            draw(row);
        }

        if (item.Kind == NetTranscriptKind.Closed)
        {
            _ladder = null;
        }
    }

    /// <summary>Draws those that wait, up to one that has not ended.</summary>
    private void DrawNext()
    {
        while (_ladder is null && _order.TryDequeue(out int next) && _waiting.Remove(next, out Queue<NetTranscriptEvent>? queue))
        {
            while (queue.TryDequeue(out NetTranscriptEvent? item))
            {
                Draw(item);
            }
        }
    }
}
