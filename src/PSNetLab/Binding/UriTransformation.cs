using System.Management.Automation;
using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>
/// Reads URIs: text, with or without http://, System.Uri, web servers of this module, objects with a Uri, and objects that name a host
/// and a port.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UriTransformationAttribute : InputTransformationAttribute
{
    private const string SecurePort = ":443";

    private protected override Array Read(object? inputData) => ReadAll(inputData);

    /// <summary>The URIs that input names.</summary>
    /// <exception cref="ArgumentTransformationMetadataException">It names none.</exception>
    internal static string[] ReadAll(object? inputData)
    {
        try
        {
            return [.. Items(inputData).SelectMany(ReadOne)];
        }
        catch (NetLabException fault)
        {
            throw new ArgumentTransformationMetadataException(fault.Message, fault);
        }
    }

    /// <summary>The URIs that an object names.</summary>
    private static IEnumerable<string> ReadOne(object? item)
    {
        object? input = item.Unwrapped();
        string? text = input switch
        {
            null => throw new ArgumentTransformationMetadataException("There is no URI. Write http://web1/, or web1:8080/path."),
            string typed => typed,
            Uri uri => uri.OriginalString,
            HttpServerJob job => job.Uri.ToString(),
            _ => PSObject.AsPSObject(item!).Properties[nameof(Uri)]?.Value?.ToString(),
        };

        // What names no URI may name a host.
        return text is not null ? [Checked(text)] : HostTransformationAttribute.ReadOne(item).Select(WithScheme).Select(Checked);
    }

    private static string WithScheme(string host) => host.EndsWith(SecurePort, StringComparison.Ordinal) ? $"https://{host}" : host;

    private static string Checked(string text)
    {
        _ = HttpUri.Parse(text);
        return text;
    }
}
