using System.Collections;
using System.Globalization;
using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>Reads ports and ranges of ports: 80, '8000-8010', or several in one text, as a cell of a CSV file may have them.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PortTransformationAttribute : ArgumentTransformationAttribute
{
    private const int MostPort = 65535;

    private static readonly char[] s_separators = [',', ';', ' '];

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Read(inputData);

    /// <exception cref="ArgumentTransformationMetadataException">Something is not a port.</exception>
    internal static int[] Read(object? inputData)
    {
        List<int> ports = [];
        Add(inputData, ports);
        return [.. ports];
    }

    private static void Add(object? inputData, List<int> ports)
    {
        object? input = inputData.Unwrapped();
        switch (input)
        {
            case int number:
                ports.Add(Checked(number, number));
                break;
            case IEnumerable list and not string:
                foreach (object? item in list)
                {
                    Add(item, ports);
                }

                break;
            default:
                foreach (string word in (input?.ToString() ?? string.Empty).Split(s_separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    AddRange(word, ports);
                }

                break;
        }
    }

    private static void AddRange(string word, List<int> ports)
    {
        string[] ends = word.Split('-');
        if (ends.Length > 2 || !TryParse(ends[0], out int first) || !TryParse(ends[^1], out int last))
        {
            throw new ArgumentTransformationMetadataException($"'{word}' is neither a port nor a range of ports. Use 1 to {MostPort}, or a range such as 8000-8010.");
        }

        if (Checked(first, word) > Checked(last, word))
        {
            throw new ArgumentTransformationMetadataException($"'{word}' is not a range of ports: write the lower port first, as in {last}-{first}.");
        }

        ports.AddRange(Enumerable.Range(first, last - first + 1));
    }

    private static bool TryParse(string text, out int port) => int.TryParse(text, NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out port);

    private static int Checked(int port, object typed) => port is >= 1 and <= MostPort
        ? port
        : throw new ArgumentTransformationMetadataException($"'{typed}' is out of range: ports are 1 to {MostPort}.");
}
