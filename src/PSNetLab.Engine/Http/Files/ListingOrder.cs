namespace PSNetLab.Engine.Http.Files;

/// <summary>Sorts folders before files, and numbers in names by their value: file2 before file10.</summary>
internal sealed class ListingOrder : IComparer<ListingEntry>
{
    internal static readonly ListingOrder Instance = new();

    private ListingOrder()
    {
    }

    /// <inheritdoc/>
    public int Compare(ListingEntry x, ListingEntry y) =>
        x.IsFolder == y.IsFolder ? CompareNames(x.Name, y.Name) : x.IsFolder ? -1 : 1;

    private static int CompareNames(string left, string right)
    {
        int i = 0, j = 0;
        while (i < left.Length && j < right.Length)
        {
            int order = char.IsAsciiDigit(left[i]) && char.IsAsciiDigit(right[j])
                ? CompareNumbers(TakeNumber(left, ref i), TakeNumber(right, ref j))
                : char.ToUpperInvariant(left[i++]).CompareTo(char.ToUpperInvariant(right[j++]));
            if (order != 0)
            {
                return order;
            }
        }

        int rest = (left.Length - i).CompareTo(right.Length - j);
        return rest != 0 ? rest : string.CompareOrdinal(left, right);
    }

    private static ReadOnlySpan<char> TakeNumber(string name, ref int index)
    {
        int start = index;
        while (index < name.Length && char.IsAsciiDigit(name[index]))
        {
            index++;
        }

        return name.AsSpan(start, index - start).TrimStart('0');
    }

    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
}
