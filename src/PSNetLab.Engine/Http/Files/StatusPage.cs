namespace PSNetLab.Engine.Http.Files;

/// <summary>The page that explains a status to the user of a browser.</summary>
internal static class StatusPage
{
    private const int Capacity = 4096;

    private static readonly PageTemplate Template = new("status.html");

    /// <summary>The Content-Security-Policy of this page.</summary>
    internal static string ContentSecurityPolicy => Template.ContentSecurityPolicy;

    /// <summary>Makes the page.</summary>
    /// <param name="status">The status code.</param>
    /// <param name="reason">Its reason phrase.</param>
    /// <param name="explanation">What happened and what to do, in one or two sentences of plain text.</param>
    internal static byte[] Html(int status, string reason, string explanation)
    {
        using var page = new PageWriter(Capacity);
        Template.Write(page, field =>
        {
            switch (field)
            {
                case "title":
                    page.Value(status);
                    page.Markup(" "u8);
                    page.Text(reason);
                    break;
                case "status":
                    page.Value(status);
                    break;
                case "reason":
                    page.Text(reason);
                    break;
                case "explanation":
                    page.Text(explanation);
                    break;
            }
        });
        return page.Take();
    }
}
