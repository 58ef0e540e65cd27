using System.IO.Enumeration;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The content codings of files that are compressed on disk, by patterns of their names.</summary>
internal sealed class NamedCodings
{
    /// <summary>Only what can be nothing else: a .gz file may be a download.</summary>
    internal static readonly NamedCodings Default = new([new("*.svgz", Gzip)]);

    internal const string Gzip = "gzip";

    private const string None = "identity";

    private static readonly string[] s_codings = [Gzip, "br", "zstd", "deflate", None];

    private readonly KeyValuePair<string, string>[] _rules;

    private NamedCodings(KeyValuePair<string, string>[] rules) => _rules = rules;

    /// <summary>A copy with more rules, which come first. Of several that match a name, the longest pattern counts.</summary>
    /// <param name="rules">Codings by patterns of file names.</param>
    /// <exception cref="NetLabException">A pattern or a coding is not valid.</exception>
    internal NamedCodings With(IReadOnlyList<KeyValuePair<string, string>> rules)
    {
        foreach ((string pattern, string coding) in rules)
        {
            if (pattern.Length == 0 || pattern.AsSpan().IndexOfAny('/', '\\') >= 0)
            {
                throw Invalid($"'{pattern}' is not a pattern of file names. Write it like *.data.br, without a folder.", pattern);
            }

            if (!s_codings.Contains(coding, StringComparer.OrdinalIgnoreCase))
            {
                throw Invalid($"'{coding}' is not a content coding that browsers know. "
                    + $"Use one of {string.Join(", ", s_codings)}; {None} means none.", coding);
            }
        }

        return new NamedCodings([.. rules.OrderByDescending(rule => rule.Key.Length), .. _rules]);
    }

    /// <summary>The coding of a file; null if it has none.</summary>
    internal string? Find(ReadOnlySpan<char> path)
    {
        ReadOnlySpan<char> name = Path.GetFileName(path);
        foreach ((string pattern, string coding) in _rules)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name))
            {
                return coding.Equals(None, StringComparison.OrdinalIgnoreCase) ? null : coding.ToLowerInvariant();
            }
        }

        return null;
    }

    /// <summary>The type of the content of a compressed file: app.js.gz is JavaScript.</summary>
    internal static MediaType TypeInside(MediaTypes types, ReadOnlySpan<char> path)
    {
        MediaType inside = types.Find(path[..^Path.GetExtension(path).Length]);
        MediaType whole = types.Find(path);
        return inside != MediaType.Unknown ? inside
            : whole.Name is "application/gzip" or "application/zstd" ? MediaType.Unknown
            : whole;
    }

    private static NetLabException Invalid(string message, string subject)
        => new(FaultKind.InvalidParameters, message) { Subject = subject };
}
