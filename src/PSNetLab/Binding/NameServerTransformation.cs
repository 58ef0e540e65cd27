using System.Collections;
using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>
/// Reads name servers: hosts, each with or without a port, or several in one text, or none, as a cell of a CSV file may have them.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NameServerTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly char[] s_separators = [',', ';', ' '];
    private static readonly HostTransformationAttribute s_hosts = new();

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        IEnumerable<object?> items = inputData.Unwrapped() is IList list ? list.Cast<object?>() : [inputData];
        return s_hosts.Transform(engineIntrinsics, items.SelectMany(Split).ToArray());
    }

    private static IEnumerable<object?> Split(object? item)
        => item.Unwrapped() switch
        {
            null => [],
            string text => text.Split(s_separators, StringSplitOptions.RemoveEmptyEntries),
            _ => [item],
        };
}
