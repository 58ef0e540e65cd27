using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>Reads one URI as <see cref="UriTransformationAttribute"/> does, or a path for a connection that is open.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RequestUriTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        switch (inputData.Unwrapped())
        {
            case string path when path.StartsWith('/'):
                return new RequestUri(path);
            case RequestUri or TcpConnection:
                // Not a URI, and so for the parameter in the same place.
                return inputData;
        }

        string[] uris = UriTransformationAttribute.ReadAll(inputData);
        return uris.Length == 1
            ? new RequestUri(uris[0])
            : throw new ArgumentTransformationMetadataException("One request goes to one URI. Use the pipeline for several.");
    }
}
