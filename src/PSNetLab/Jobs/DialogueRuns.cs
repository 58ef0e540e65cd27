namespace PSNetLab.Jobs;

/// <summary>The dialogues of a server with its peers, the last ones of many.</summary>
internal sealed class DialogueRuns
{
    private const int MostKept = 1000;

    private readonly Queue<DialogueRun> _runs = new();

    internal void Add(DialogueRun run)
    {
        lock (_runs)
        {
            if (_runs.Count == MostKept)
            {
                _runs.Dequeue();
            }

            _runs.Enqueue(run);
        }
    }

    internal DialogueRun[] ToArray()
    {
        lock (_runs)
        {
            return [.. _runs];
        }
    }
}
