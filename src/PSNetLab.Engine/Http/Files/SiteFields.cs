using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Makes the field lines of a site's responses. Fields that the user has set replace those of the server.</summary>
internal sealed class SiteFields
{
    private readonly IReadOnlyList<KeyValuePair<string, string>> _own;

    internal SiteFields(StaticSiteOptions options)
    {
        _own = options.Headers;
        byte[] common = Format([FieldLines.Field("X-Content-Type-Options", "nosniff"), .. options.Cors ? CrossOrigin.Fields : []]);
        Common = [.. common, .. FieldLines.Format(_own)];
    }

    /// <summary>The field lines of every response.</summary>
    internal byte[] Common { get; }

    /// <summary>The lines of those fields that the user has not set.</summary>
    internal byte[] Format(IEnumerable<KeyValuePair<string, string>> fields) => FieldLines.Format(fields, _own);

    /// <summary>The lines of a page that is made here or replaces another one.</summary>
    internal byte[] FormatPage(string type, IEnumerable<KeyValuePair<string, string>> fields) =>
    [
        .. Format([FieldLines.Field("Content-Type", type), FieldLines.Field("Cache-Control", "no-cache"), .. fields]),
        .. Common,
    ];
}
