namespace PSNetLab.Engine.Messages;

/// <summary>An item with a size in bytes.</summary>
internal interface IWeighted
{
    int Length { get; }
}

/// <summary>An item that may be added a little later than one that follows it.</summary>
internal interface ISequenced
{
    /// <summary>The item goes before those that have a greater number and still wait.</summary>
    long Order { get; }
}

/// <summary>The items of a <see cref="Mailbox{T}"/>, the oldest at 0. Not thread-safe.</summary>
/// <typeparam name="T">The item.</typeparam>
internal sealed class ItemRing<T>
    where T : class
{
    private const int FirstCapacity = 16;

    private T[] _items = [];
    private int _head;
    private int _count;

    /// <remarks>May be read beside a change.</remarks>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>The size of all items in bytes.</summary>
    internal long Bytes { get; private set; }

    internal T this[int index] => _items[Place(index)];

    internal void Append(T item)
    {
        if (_count == _items.Length)
        {
            Grow();
        }

        int index = _count;
        if (item is ISequenced { Order: long order })
        {
            for (; index > 0 && this[index - 1] is ISequenced before && before.Order > order; index--)
            {
                _items[Place(index)] = _items[Place(index - 1)];
            }
        }

        _items[Place(index)] = item;
        _count++;
        Bytes += Weight(item);
    }

    /// <summary>Takes the oldest item, of which there must be one.</summary>
    internal T Take()
    {
        T item = _items[_head];
        _items[_head] = null!;
        _head = _head + 1 == _items.Length ? 0 : _head + 1;
        _count--;
        Bytes -= Weight(item);
        return item;
    }

    /// <summary>Makes an item the oldest.</summary>
    internal void PutBack(T item)
    {
        if (_count == _items.Length)
        {
            Grow();
        }

        _head = _head == 0 ? _items.Length - 1 : _head - 1;
        _items[_head] = item;
        _count++;
        Bytes += Weight(item);
    }

    internal void Clear()
    {
        _items = [];
        _head = _count = 0;
        Bytes = 0;
    }

    private static int Weight(T item) => item is IWeighted weighted ? weighted.Length : 0;

    private int Place(int index)
    {
        int place = _head + index;
        return place < _items.Length ? place : place - _items.Length;
    }

    private void Grow()
    {
        T[] larger = new T[Math.Max(FirstCapacity, _items.Length * 2)];
        int first = Math.Min(_count, _items.Length - _head);
        Array.Copy(_items, _head, larger, 0, first);
        Array.Copy(_items, 0, larger, first, _count - first);
        _items = larger;
        _head = 0;
    }
}
