namespace PSNetLab.Engine.IO;

/// <summary>
/// How much memory the connections of a server may hold together, for messages that are incomplete or have to wait, and for answers
/// that their peers do not take. When it is used up, the connection that holds the most has to end.
/// </summary>
internal sealed class MemoryBudget(long limit)
{
    private readonly HashSet<HeldMemory> _holders = [];
    private long _held;

    internal long Limit => limit;

    /// <summary>The bytes held now, without those of connections that have to end.</summary>
    internal long Held
    {
        get
        {
            lock (_holders)
            {
                return _held;
            }
        }
    }

    internal void Change(HeldMemory holder, int bytes)
    {
        List<HeldMemory>? ending = null;
        lock (_holders)
        {
            holder.Bytes += bytes;
            if (holder.MustEnd)
            {
                return;
            }

            _held += bytes;
            if (holder.Bytes == 0)
            {
                _holders.Remove(holder);
            }
            else
            {
                _holders.Add(holder);
            }

            while (bytes > 0 && _held > limit)
            {
                // What it holds is counted no more: it will be free in a moment, and one is enough.
                HeldMemory most = _holders.MaxBy(one => one.Bytes)!;
                most.MustEnd = true;
                _holders.Remove(most);
                _held -= most.Bytes;
                (ending ??= []).Add(most);
            }
        }

        ending?.ForEach(holder => holder.End());
    }
}

/// <summary>What one connection holds of the memory of its server.</summary>
internal sealed class HeldMemory(MemoryBudget budget)
{
    /// <summary>Ends the connection, from any thread. It must not wait.</summary>
    internal Action? Ending { get; set; }

    internal MemoryBudget Budget => budget;

    /// <summary>Only <see cref="MemoryBudget"/> changes it.</summary>
    internal long Bytes { get; set; }

    /// <inheritdoc cref="Bytes"/>
    internal bool MustEnd { get; set; }

    /// <summary>Says that the connection holds more, or with a negative number, less.</summary>
    internal void Change(int bytes) => budget.Change(this, bytes);

    internal void End() => Ending?.Invoke();
}
