using System.Collections.ObjectModel;

namespace PSNetLab;

/// <summary>A list whose text is that of its elements, so that a cell of a CSV file has them, too.</summary>
/// <typeparam name="T">What is in it.</typeparam>
public sealed class TextList<T> : ReadOnlyCollection<T>
{
    internal TextList(IEnumerable<T> items)
        : base([.. items])
    {
    }

    /// <summary>The elements.</summary>
    public override string ToString() => string.Join("; ", this);
}
