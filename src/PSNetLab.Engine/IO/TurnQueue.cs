namespace PSNetLab.Engine.IO;

/// <summary>Says whose turn is next: the groups take turns, and within a group, whoever came first.</summary>
/// <remarks>So a server with a thousand busy connections does not keep another server waiting for more than one turn.</remarks>
/// <typeparam name="T">Who takes turns. A group is a queue of them that nobody else adds to.</typeparam>
internal sealed class TurnQueue<T>
{
    private readonly Queue<Queue<T>> _groups = new();

    internal int Count { get; private set; }

    internal void Add(Queue<T> group, T member)
    {
        if (group.Count == 0)
        {
            _groups.Enqueue(group);
        }

        group.Enqueue(member);
        Count++;
    }

    internal T Take()
    {
        Queue<T> group = _groups.Dequeue();
        T member = group.Dequeue();
        if (group.Count > 0)
        {
            _groups.Enqueue(group);
        }

        Count--;
        return member;
    }
}
