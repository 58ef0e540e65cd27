using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <summary>A file in a form that a web server received: its name, which may be anything and is no path, with its content.</summary>
internal sealed class HttpFormFile(string fileName, string contentType, byte[] data) : IPartedText
{
    /// <inheritdoc/>
    public IEnumerable<(string Name, object? Value)> Parts =>
    [
        ("FileName", fileName),
        ("ContentType", contentType),
        ("Length", data.Length),
        ("Data", FileValue.With(data)),
        ("Text", Encoding.UTF8.GetString(data)),
    ];

    /// <inheritdoc/>
    public override string ToString() => fileName;
}
