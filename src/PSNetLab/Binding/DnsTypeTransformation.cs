using System.Management.Automation;
using PSNetLab.Conversion;
using PSNetLab.Engine.Checks.Dns;

namespace PSNetLab.Binding;

/// <summary>
/// Reads types of DNS records: names such as MX, numbers, TYPE with a number, or several in one text, as a cell of a CSV file may have
/// them.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DnsTypeTransformationAttribute : InputTransformationAttribute
{
    private static readonly char[] s_separators = [',', ';', ' '];

    private protected override Array Read(object? inputData) => Items(inputData).SelectMany(ReadOne).ToArray();

    private static IEnumerable<string> ReadOne(object? item)
        => (item.Unwrapped()?.ToString() ?? string.Empty).Split(s_separators, StringSplitOptions.RemoveEmptyEntries)
            .Select(static word => DnsWords.TryParseType(word, out ushort type)
                ? DnsWords.Type(type)
                : throw new ArgumentTransformationMetadataException(
                    $"'{word}' is not a type of records. "
                        + "Use A, AAAA, MX or another that completion shows, or the number of the type, such as TYPE65."));
}
