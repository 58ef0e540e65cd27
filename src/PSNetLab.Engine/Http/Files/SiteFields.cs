using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Makes the field lines of a site's responses: what the user has set replaces what the server would say.</summary>
internal sealed class SiteFields
{
    private readonly IReadOnlyList<KeyValuePair<string, string>> _own;

    internal SiteFields(StaticSiteOptions options)
    {
        _own = options.Headers;
        byte[] common = Format([FieldLines.Field("X-Content-Type-Options", "nosniff"), .. options.Cors ? CrossOrigin.Fields : []]);
        Common = [.. common, .. FieldLines.Format(_own)];
    }

    /// <summary>The lines that every response has.</summary>
    internal byte[] Common { get; }

    /// <summary>The lines of these fields, as far as the user has not set them.</summary>
    internal byte[] Format(IEnumerable<KeyValuePair<string, string>> fields) => FieldLines.Format(fields, _own);

    /// <summary>The lines of a page that is made here, or stands in for others.</summary>
    internal byte[] FormatPage(string type, IEnumerable<KeyValuePair<string, string>> fields) =>
    [
        .. Format([FieldLines.Field("Content-Type", type), FieldLines.Field("Cache-Control", "no-cache"), .. fields]),
        .. Common,
    ];
}
