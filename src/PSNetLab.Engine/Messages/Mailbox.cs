namespace PSNetLab.Engine.Messages;

/// <summary>The result of trying to add an item.</summary>
internal enum AddResult
{
    Kept,
    Dropped,

    /// <summary>Not added: the producer must wait.</summary>
    NoRoom,
}

/// <summary>A bounded first-in first-out queue between any number of producers, which never block, and consumers.</summary>
/// <typeparam name="T">The item.</typeparam>
internal sealed class Mailbox<T> : IMessageSink<T>, IMessageSource<T>
    where T : class
{
    /// <summary>The most bytes that wait, because a limit on the number of items alone does not bound memory.</summary>
    internal const long MostBytes = 64 * 1024 * 1024;

    private readonly object _gate = new();
    private readonly int _limit;
    private readonly WhenFull _whenFull;
    private readonly LinkedList<(T Item, TaskCompletionSource Room)> _held = new();
    private readonly ItemRing<T> _items = new();
    private long _dropped;
    private bool _completed;
    private TaskCompletionSource? _data;

    internal Mailbox(int limit, WhenFull whenFull)
    {
        _limit = limit;
        _whenFull = whenFull;
    }

    /// <summary>Lets readers wait for items that are about to be added.</summary>
    internal Handover Handover { get; } = new();

    /// <summary>Items waiting to be taken.</summary>
    internal int Count
    {
        get
        {
            Handover.Wait();
            return _items.Count;
        }
    }

    /// <inheritdoc/>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Whether no more items will come; those waiting can still be taken.</summary>
    internal bool IsCompleted => Volatile.Read(ref _completed);

    /// <inheritdoc/>
    public bool IsDrained => IsCompleted && Count == 0;

    /// <inheritdoc/>
    public bool TryAdd(T item) => Add(item) != AddResult.NoRoom;

    /// <summary>Adds an item if there is room.</summary>
    internal AddResult Add(T item)
    {
        AddResult result;
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            result = AddLocked(item, mayExceed: false, out waiting);
        }

        waiting?.TrySetResult();
        return result;
    }

    /// <inheritdoc/>
    public ValueTask AddAsync(T item, CancellationToken cancellationToken = default)
    {
        TaskCompletionSource? waiting;
        LinkedListNode<(T Item, TaskCompletionSource Room)>? held = null;
        lock (_gate)
        {
            // Whoever found no room just before the end is let in like those who waited then.
            if (AddLocked(item, mayExceed: _completed && _whenFull == WhenFull.Wait, out waiting) == AddResult.NoRoom)
            {
                held = _held.AddLast((item, NewWait()));
            }
        }

        waiting?.TrySetResult();
        return held is null ? default
            : cancellationToken.CanBeCanceled ? WaitForRoomAsync(held, cancellationToken)
            : new ValueTask(held.Value.Room.Task);
    }

    /// <inheritdoc/>
    /// <remarks>The producer itself wakes a blocked thread, without the thread pool.</remarks>
    public bool WaitForData(int milliseconds, CancellationToken cancellationToken)
        => DataOrEnd().Wait(milliseconds, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Continuations never run inside the producer's call: that is a socket thread in the middle of its work.</remarks>
    public Task WaitForDataAsync(CancellationToken cancellationToken) => DataOrEnd().WaitAsync(cancellationToken);

    /// <summary>The item at a position, the oldest at 0; null if there is none.</summary>
    internal T? PeekAt(int index)
    {
        Handover.Wait();
        lock (_gate)
        {
            return index >= 0 && index < _items.Count ? _items[index] : null;
        }
    }

    /// <inheritdoc/>
    public T? TryTake()
    {
        T? item = null;
        return Take(new Span<T>(ref item!)) > 0 ? item : null;
    }

    /// <summary>Takes the oldest items, as many as fit.</summary>
    internal int Take(Span<T> destination)
    {
        int taken;
        Handover.Wait();
        lock (_gate)
        {
            taken = Math.Min(destination.Length, _items.Count);
            for (int i = 0; i < taken; i++)
            {
                destination[i] = _items.Take();
            }

            // Waking a producer for every free place would cost a thread hop per message.
            if (_held.Count > 0 && _items.Count <= _limit / 2 && _items.Bytes <= MostBytes / 2)
            {
                LetIn();
            }
        }

        return taken;
    }

    /// <summary>Puts back the items that were taken last, in their order, regardless of the limit.</summary>
    internal void PutBack(ReadOnlySpan<T> items)
    {
        TaskCompletionSource? waiting = null;
        lock (_gate)
        {
            for (int i = items.Length - 1; i >= 0; i--)
            {
                _items.PutBack(items[i]);
            }

            if (_items.Count > 0)
            {
                (waiting, _data) = (_data, null);
            }
        }

        waiting?.TrySetResult();
    }

    /// <summary>Drops everything that waits.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            _items.Clear();
            LetIn();
        }
    }

    /// <summary>Ends the mailbox: producers no longer wait, and consumers get what is left, then nothing.</summary>
    /// <remarks>Items that waited for room are kept, and later ones as long as there is room.</remarks>
    internal void Complete()
    {
        TaskCompletionSource? data;
        lock (_gate)
        {
            _completed = true;
            LetIn();
            (data, _data) = (_data, null);
        }

        data?.TrySetResult();
    }

    // Waiters continue on another thread, so a wait may be completed anywhere.
    private static TaskCompletionSource NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task DataOrEnd()
    {
        lock (_gate)
        {
            return _items.Count > 0 || _completed ? Task.CompletedTask : (_data ??= NewWait()).Task;
        }
    }

    private async ValueTask WaitForRoomAsync(LinkedListNode<(T Item, TaskCompletionSource Room)> held, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(_ => Withdraw(held, cancellationToken), null))
        {
            await held.Value.Room.Task.ConfigureAwait(false);
        }
    }

    private void Withdraw(LinkedListNode<(T Item, TaskCompletionSource Room)> held, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (held.List is null)
            {
                return; // it was let in just now
            }

            _held.Remove(held);
        }

        held.Value.Room.TrySetCanceled(cancellationToken);
    }

    private AddResult AddLocked(T item, bool mayExceed, out TaskCompletionSource? waiting)
    {
        waiting = null;
        if ((IsFull || _held.Count > 0) && !mayExceed)
        {
            if (_whenFull == WhenFull.Wait && !_completed)
            {
                return AddResult.NoRoom;
            }

            _dropped++;
            return AddResult.Dropped;
        }

        _items.Append(item);
        (waiting, _data) = (_data, null);
        return AddResult.Kept;
    }

    private void LetIn()
    {
        while ((!IsFull || _completed) && _held.First is { } next)
        {
            _held.RemoveFirst();
            _items.Append(next.Value.Item);
            next.Value.Room.TrySetResult();
        }
    }

    // May exceed the limit by one item, so that an item larger than the limit also fits.
    private bool IsFull => _items.Count >= _limit || _items.Bytes >= MostBytes;
}
