using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace PSNetLab.Engine.Tests;

/// <summary>Reads a page and its Content-Security-Policy as a browser does.</summary>
internal static partial class PagePolicy
{
    /// <summary>Fails unless the policy allows exactly the styles and scripts of the page, and the page needs nothing else.</summary>
    internal static void AssertCovers(string html, string policy)
    {
        Dictionary<string, string> directives = policy.Split("; ").Select(directive => directive.Split(' ', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal("'none'", directives["default-src"]);
        Assert.Equal("'none'", directives["base-uri"]);
        Assert.Equal("'none'", directives["form-action"]);
        Assert.Equal("data:", directives["img-src"]);
        Assert.Equal(Sources(StylePattern(), html), directives["style-src"]);
        Assert.Equal(Sources(ScriptPattern(), html), directives["script-src"]);
        Assert.DoesNotMatch(OutsidePattern(), html);
    }

    private static string Sources(Regex element, string html)
    {
        string[] hashes = element.Matches(html)
            .Select(match => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(match.Groups[1].Value))))
            .Select(hash => $"'sha256-{hash}'")
            .ToArray();
        return hashes.Length == 0 ? "'none'" : string.Join(' ', hashes);
    }

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex StylePattern();

    [GeneratedRegex("<script>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex ScriptPattern();

    // Inline handlers and styles, which no hash covers, and anything loaded from elsewhere.
    [GeneratedRegex("""<[^>]* (on\w+|style|src|srcset|action)=|<(link|a) [^>]*href="?(https?:)?//|@import|url\("?(?!"?data:)""")]
    private static partial Regex OutsidePattern();
}
