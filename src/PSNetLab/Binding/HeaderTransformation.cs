using System.Collections;
using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>Reads header fields: a table of names and values, lines such as 'Accept: text/plain', or the fields of a message.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HeaderTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Read(inputData).ToArray();

    private static IEnumerable<HttpField> Read(object? inputData) => inputData.Unwrapped() switch
    {
        IDictionary table => Tables.Pairs(table).Select(pair => new HttpField(pair.Key.Trim(), pair.Value.Trim())),
        HttpField field => [field],
        string line => [Split(line)],
        IEnumerable list => list.Cast<object?>().SelectMany(Read),
        var other => throw new ArgumentTransformationMetadataException(
            $"An object of type {other?.GetType().Name ?? "null"} is not header fields. "
            + "Use a table such as @{ Accept = 'text/plain' }, or lines such as 'Accept: text/plain'."),
    };

    private static HttpField Split(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? new HttpField(line[..colon].Trim(), line[(colon + 1)..].Trim())
            : throw new ArgumentTransformationMetadataException(
                $"'{line}' is not a header field: it has no colon after its name. Write 'Accept: text/plain'.");
    }
}
