using System.Text;
using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

public class StatusPageTests
{
    [Fact]
    public void A_status_page_says_what_happened()
    {
        string html = Html(404, "Not Found", "There is no /a b.txt here.");
        Assert.StartsWith("<!doctype html>", html, StringComparison.Ordinal);
        Assert.Contains("<title>404 Not Found</title>", html, StringComparison.Ordinal);
        Assert.Contains("<h1><small>404</small> Not Found</h1>", html, StringComparison.Ordinal);
        Assert.Contains("<p>There is no /a b.txt here.</p>", html, StringComparison.Ordinal);
        Assert.Contains("""<meta name="robots" content="noindex">""", html, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_client_sent_shows_as_text()
    {
        string html = Html(400, "<b>", "<script>alert('1')</script>\u202E\uD800\0");
        Assert.Contains("<title>400 &lt;b&gt;</title>", html, StringComparison.Ordinal);
        Assert.Contains("<p>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;[U+202E]\uFFFD[U+0000]</p>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_small() =>
        Assert.InRange(StatusPage.Html(431, "Request Header Fields Too Large", new string('x', 200)).Length, 1, 2048);

    [Fact]
    public void A_long_explanation_is_all_there()
    {
        string text = new('<', 10_000);
        Assert.Contains(text.Replace("<", "&lt;", StringComparison.Ordinal), Html(400, "Bad Request", text), StringComparison.Ordinal);
    }

    [Fact]
    public void The_policy_allows_the_page_what_it_brings_along_and_nothing_else() =>
        PagePolicy.AssertCovers(Html(500, "Internal Server Error", "The file could not be read."), StatusPage.ContentSecurityPolicy);

    private static string Html(int status, string reason, string explanation) =>
        new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(StatusPage.Html(status, reason, explanation));
}
