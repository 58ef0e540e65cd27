using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Makes the responses that are not files.</summary>
internal sealed class SitePages(SiteFields siteFields)
{
    /// <summary>Explains a status: on a page for browsers, in a line of text for other clients.</summary>
    internal Response Status(bool asHtml, int status, string explanation, params KeyValuePair<string, string>[] fields)
    {
        string reason = HttpStatus.Reason(status);
        fields = [FieldLines.Field("Vary", "Accept"), .. fields];
        if (!asHtml)
        {
            return Page(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes($"{status} {reason}: {explanation}\n"), fields);
        }

        KeyValuePair<string, string> policy = FieldLines.Field("Content-Security-Policy", StatusPage.ContentSecurityPolicy);
        return Page(status, "text/html; charset=utf-8", StatusPage.Html(status, reason, explanation), [policy, .. fields]);
    }

    internal Response Page(int status, string type, byte[] content, params KeyValuePair<string, string>[] fields)
        => new() { Status = status, Fields = siteFields.FormatPage(type, fields), Content = Content.Of(content) };

    /// <summary>A response without content.</summary>
    internal Response Bare(int status, params KeyValuePair<string, string>[] fields)
        => new() { Status = status, Fields = [.. siteFields.Format(fields), .. siteFields.Common] };
}
