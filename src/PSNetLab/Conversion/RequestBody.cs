using System.Collections;
using System.Management.Automation;
using System.Text;

namespace PSNetLab.Conversion;

/// <summary>Reads -Body.</summary>
internal static class RequestBody
{
    /// <summary>The pieces of a body: text in the encoding, bytes as they are; a list has a piece for each of its elements.</summary>
    /// <exception cref="NetLabException">It is an object, which has many forms as text.</exception>
    internal static byte[][] Read(object? body, Encoding encoding)
    {
        object? input = body.Unwrapped();
        return input switch
        {
            null => [],
            IDictionary or PSCustomObject => throw new NetLabException(
                FaultKind.InvalidParameters,
                "-Body is text or bytes. Make JSON of an object with ConvertTo-Json, and set the field Content-Type to application/json."),
            FileSystemInfo file => throw new NetLabException(
                FaultKind.InvalidParameters, $"-Body is text or bytes. Read a file with [IO.File]::ReadAllBytes('{file.FullName}')."),
            _ => [.. Payload.FromArgument(body, encoding)],
        };
    }
}
