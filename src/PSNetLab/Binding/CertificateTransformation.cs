using System.Collections;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>Reads certificates: X509Certificate2 objects, what a check saw, and paths of files, one or a list.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CertificateTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        List<object> items = [];
        foreach (object? element in inputData.Unwrapped() is IEnumerable list and not string ? list : new[] { inputData })
        {
            object? item = element.Unwrapped() is CertificateInfo seen ? seen.ToX509Certificate2() : element.Unwrapped();
            if (item is CertificateSource source)
            {
                return source;
            }

            items.Add(item is X509Certificate2 ? item : PathOf(item, engineIntrinsics));
        }

        return items.Count > 0 ? new CertificateSource(items) : throw Invalid("Nothing was given.");
    }

    private static string PathOf(object? item, EngineIntrinsics engine)
    {
        string text = (item as FileInfo)?.FullName ?? item?.ToString() ?? string.Empty;
        if (text.Length == 0)
        {
            throw Invalid("The path is empty.");
        }

        try
        {
            return engine.SessionState.Path.GetUnresolvedProviderPathFromPSPath(text);
        }
        catch (SessionStateException error)
        {
            throw Invalid($"'{text}' is not a path: {error.Message}");
        }
    }

    private static ArgumentTransformationMetadataException Invalid(string what)
        => new($"{what} Use an X509Certificate2, or the path of a PFX, PEM or DER file.");
}
