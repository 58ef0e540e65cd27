using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

/// <summary>What a reader finds in the HTML of a folder listing.</summary>
internal sealed partial class ListingPage(byte[] html)
{
    internal string Html { get; } = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(html);

    internal string Summary => SummaryPattern().Match(Html).Groups[1].Value;

    internal List<ListedRow> Rows => RowPattern().Matches(Html).Select(match => new ListedRow(
        WebUtility.HtmlDecode(match.Groups["name"].Value),
        match.Groups["href"].Value,
        WebUtility.HtmlDecode(match.Groups["exact"].Value),
        match.Groups["size"].Value,
        match.Groups["time"].Value)).ToList();

    internal static ListingPage Of(string path, params ListingEntry[] entries) => new(FolderListing.Html(path, [.. entries]));

    [GeneratedRegex("<output>([^<]+)</output>")]
    private static partial Regex SummaryPattern();

    // A name that is not escaped does not match: neither text nor link may hold <, > or a quotation mark.
    [GeneratedRegex(
        """<tr[^>]*><th scope=row><a href="(?<href>[^"<>]+)">(?<name>[^<>"']+)</a>"""
        + """<td( title="(?<exact>[^"]+)")?>(?<size>[^<]*)<td><time datetime=(?<time>[^ >]+)>""")]
    private static partial Regex RowPattern();
}

internal sealed record ListedRow(string Name, string Href, string ExactSize, string Size, string Time);
