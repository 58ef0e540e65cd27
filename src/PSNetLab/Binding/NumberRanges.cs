using System.Collections;
using System.Globalization;
using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>Reads numbers and ranges of numbers: 80, '8000-8010', or several in one text, as a cell of a CSV file may have them.</summary>
/// <param name="noun">What a number is, such as "port".</param>
/// <param name="least">The least number.</param>
/// <param name="most">The largest number.</param>
/// <param name="example">A range, as an example.</param>
internal sealed class NumberRanges(string noun, int least, int most, string example)
{
    private static readonly char[] s_separators = [',', ';', ' '];

    /// <exception cref="ArgumentTransformationMetadataException">Something is not a number of this kind.</exception>
    internal int[] Read(object? inputData)
    {
        List<int> numbers = [];
        Add(inputData, numbers);
        return [.. numbers];
    }

    private void Add(object? inputData, List<int> numbers)
    {
        object? input = inputData.Unwrapped();
        switch (input)
        {
            case int number:
                numbers.Add(Checked(number, number));
                break;
            case IEnumerable list and not string:
                foreach (object? item in list)
                {
                    Add(item, numbers);
                }

                break;
            default:
                const StringSplitOptions Trimmed = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
                foreach (string word in (input?.ToString() ?? string.Empty).Split(s_separators, Trimmed))
                {
                    AddRange(word, numbers);
                }

                break;
        }
    }

    private void AddRange(string word, List<int> numbers)
    {
        string[] ends = word.Split('-');
        if (ends.Length > 2 || !TryParse(ends[0], out int first) || !TryParse(ends[^1], out int last))
        {
            throw new ArgumentTransformationMetadataException(
                $"'{word}' is neither a {noun} nor a range of {noun}s. Use {least} to {most}, or a range such as {example}.");
        }

        if (Checked(first, word) > Checked(last, word))
        {
            throw new ArgumentTransformationMetadataException(
                $"'{word}' is not a range of {noun}s: write the lower {noun} first, as in {last}-{first}.");
        }

        numbers.AddRange(Enumerable.Range(first, last - first + 1));
    }

    private static bool TryParse(string text, out int number)
        => int.TryParse(text, NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out number);

    private int Checked(int number, object typed) => number >= least && number <= most
        ? number
        : throw new ArgumentTransformationMetadataException($"'{typed}' is out of range: {noun}s are {least} to {most}.");
}
