namespace PSNetLab.Engine.Http.Files;

/// <summary>The media type of a file.</summary>
/// <param name="Name">The type, with the parameters that the user has set.</param>
/// <param name="TakesCharset">Whether a charset is added if the content shows it: not to a type that the user has set.</param>
internal readonly record struct MediaType(string Name, bool TakesCharset = false)
{
    /// <summary>The type of which nothing is known (RFC 9110, section 8.3).</summary>
    internal static readonly MediaType Unknown = new("application/octet-stream");

    internal bool IsXml => Name.EndsWith("xml", StringComparison.OrdinalIgnoreCase);

    /// <summary>The value of Content-Type.</summary>
    /// <param name="charset">The charset; null if it is not known.</param>
    internal string With(string? charset) => TakesCharset && charset is not null ? $"{Name}; charset={charset}" : Name;
}
