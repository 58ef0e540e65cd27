using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Text;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The media types of files, by the extensions of their names or by the whole names (RFC 9110, section 8.3).</summary>
internal sealed class MediaTypes
{
    /// <summary>The media types of mime-db, and more names of text files. Read from the assembly on first use.</summary>
    internal static readonly MediaTypes Default = Load(out s_compressible);

    private static readonly FrozenSet<string> s_compressible;

    // Extensions with their dot, and whole names, sorted: a span is looked up without allocating a string.
    private readonly string[] _names;
    private readonly MediaType[] _types;

    private MediaTypes(Dictionary<string, MediaType> types)
    {
        _names = [.. types.Keys];
        _types = [.. types.Values];
        Array.Sort(_names, _types, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>A copy with other types for some extensions.</summary>
    /// <param name="overrides">Media types by extension, which may begin with a dot.</param>
    /// <exception cref="NetLabException">An extension or a media type is not valid.</exception>
    internal MediaTypes With(IEnumerable<KeyValuePair<string, string>> overrides)
    {
        Dictionary<string, MediaType> types = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < _names.Length; i++)
        {
            types.Add(_names[i], _types[i]);
        }

        foreach ((string extension, string type) in overrides)
        {
            types['.' + CheckedExtension(extension)] = new MediaType(CheckedType(type));
        }

        return new MediaTypes(types);
    }

    /// <summary>The media type of a file.</summary>
    internal MediaType Find(ReadOnlySpan<char> fileName)
    {
        ReadOnlySpan<char> name = Path.GetExtension(fileName);
        if (name.IsEmpty)
        {
            name = Path.GetFileName(fileName);
        }

        int low = 0;
        int high = _names.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = name.CompareTo(_names[middle], StringComparison.OrdinalIgnoreCase);
            if (order == 0)
            {
                return _types[middle];
            }

            (low, high) = order < 0 ? (low, middle - 1) : (middle + 1, high);
        }

        return MediaType.Unknown;
    }

    /// <summary>Whether content of the type compresses well.</summary>
    internal static bool IsCompressible(string type)
    {
        int parameters = type.IndexOf(';', StringComparison.Ordinal);
        ReadOnlySpan<char> bare = parameters < 0 ? type : type.AsSpan(0, parameters).TrimEnd();
        return IsText(bare) || EndsWith(bare, "+xml") || EndsWith(bare, "+json") || s_compressible.Contains(type);
    }

    private static MediaTypes Load(out FrozenSet<string> compressible)
    {
        Dictionary<string, MediaType> types = new(2000, StringComparer.OrdinalIgnoreCase);
        HashSet<string> compressibleTypes = new(StringComparer.OrdinalIgnoreCase);
        Read("mime-db.txt", types, compressibleTypes);
        Read("additions.txt", types, compressibleTypes);
        compressible = compressibleTypes.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        return new MediaTypes(types);
    }

    // A line is a type, with a '+' before it if it is compressible, and its extensions and names; one with '#' is a comment.
    private static void Read(string resource, Dictionary<string, MediaType> types, HashSet<string> compressible)
    {
        using StreamReader lines = new(typeof(MediaTypes).Assembly.GetManifestResourceStream(resource)!);
        while (lines.ReadLine() is string line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            string[] words = line.Split(' ');
            string type = words[0].TrimStart('+');
            foreach (string name in words.AsSpan(1))
            {
                types[name] = new MediaType(type, IsText(type));
            }

            // Unknown content is often compressed already, so this type is left out whatever the list says.
            if (words[0] != type && type != MediaType.Unknown.Name)
            {
                compressible.Add(type);
            }
        }
    }

    private static bool IsText(ReadOnlySpan<char> type)
        => StartsWith(type, "text/")
            || (StartsWith(type, "application/") && (EndsWith(type, "javascript") || EndsWith(type, "json") || EndsWith(type, "xml")));

    private static string CheckedExtension(string extension)
    {
        string bare = extension.StartsWith('.') ? extension[1..] : extension;
        return bare.Length > 0 && bare.AsSpan().IndexOfAny("./\\") < 0
            ? bare
            : throw Invalid($"'{extension}' is not a file name extension, which is the part after the last dot. "
                + "Write it like .html or html.", extension);
    }

    private static string CheckedType(string type)
        => MediaTypeHeaderValue.TryParse(type, out MediaTypeHeaderValue? parsed)
            && parsed.Parameters.All(parameter => parameter.Value is not null)
            && Ascii.IsValid(type)
            && !type.Any(char.IsControl)
            ? type
            : throw Invalid($"'{type}' is not a media type (RFC 9110, section 8.3.1). "
                + "Write it like text/html or text/html; charset=utf-16.", type);

    private static NetLabException Invalid(string message, string subject)
        => new(FaultKind.InvalidParameters, message) { Subject = subject };

    private static bool StartsWith(ReadOnlySpan<char> type, string start) => type.StartsWith(start, StringComparison.OrdinalIgnoreCase);

    private static bool EndsWith(ReadOnlySpan<char> type, string end) => type.EndsWith(end, StringComparison.OrdinalIgnoreCase);
}
