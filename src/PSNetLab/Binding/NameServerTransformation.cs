using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>
/// Reads name servers: hosts, each with or without a port, or several in one text, or none, as a cell of a CSV file may have them.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NameServerTransformationAttribute : InputTransformationAttribute
{
    private static readonly char[] s_separators = [',', ';', ' '];

    private protected override Array Read(object? inputData) => HostTransformationAttribute.ReadAll(Items(inputData).SelectMany(Split));

    private static IEnumerable<object?> Split(object? item)
        => item.Unwrapped() switch
        {
            null => [],
            string text => text.Split(s_separators, StringSplitOptions.RemoveEmptyEntries),
            _ => [item],
        };
}
