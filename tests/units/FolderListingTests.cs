using System.Text.Json;

namespace PSNetLab.Engine.Tests;

public class FolderListingTests
{
    private static readonly DateTime Time = new(2024, 2, 29, 23, 59, 58, DateTimeKind.Utc);

    public static TheoryData<string, string, string> OddNames => new()
    {
        // name, as it shows, as it is linked
        { "plain-1.2_3~.txt", "plain-1.2_3~.txt", "plain-1.2_3~.txt" },
        { "a  b", "a  b", "a%20%20b" },
        { "\"quoted\" 'too'", "\"quoted\" 'too'", "%22quoted%22%20%27too%27" },
        { "<script>alert(1)</script>", "<script>alert(1)</script>", "%3Cscript%3Ealert%281%29%3C%2Fscript%3E" },
        { "a&amp;b", "a&amp;b", "a%26amp%3Bb" },
        { "100%25#?x=1", "100%25#?x=1", "100%2525%23%3Fx%3D1" },
        { "javascript:alert(1)", "javascript:alert(1)", "javascript%3Aalert%281%29" },
        { "a\\b", "a\\b", "a%5Cb" },
        { "two\r\nlines\t", "two[U+000D][U+000A]lines[U+0009]", "two%0D%0Alines%09" },
        { "\0\u007F\u0085", "[U+0000][U+007F][U+0085]", "%00%7F%C2%85" },
        { "眼神.txt", "眼神.txt", "%E7%9C%BC%E7%A5%9E.txt" },
        { "👨‍👩 é", "👨‍👩 é", "%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9%20%C3%A9" },
        { "photo\u202Egpj.exe", "photo[U+202E]gpj.exe", "photo%E2%80%AEgpj.exe" },
        { "a\u200Bb\uFEFF\u2028\u2066", "a[U+200B]b[U+FEFF][U+2028][U+2066]", "a%E2%80%8Bb%EF%BB%BF%E2%80%A8%E2%81%A6" },
        { "x\uD800y\uDC00", "x\uFFFDy\uFFFD", "x%EF%BF%BDy%EF%BF%BD" },
        { "\uD83D", "\uFFFD", "%EF%BF%BD" },
        { "{{title}}", "{{title}}", "%7B%7Btitle%7D%7D" },
    };

    [Theory]
    [MemberData(nameof(OddNames))]
    public void A_name_shows_as_text_and_links_percent_encoded(string name, string shown, string link)
    {
        foreach (bool isFolder in new[] { false, true })
        {
            string slash = isFolder ? "/" : "";
            ListedRow row = Assert.Single(ListingPage.Of("/", new ListingEntry(name, isFolder, 1, Time)).Rows);
            Assert.Equal(shown + slash, row.Name);
            Assert.Equal(link + slash, row.Href);
        }
    }

    [Theory]
    [MemberData(nameof(OddNames))]
    public void A_name_is_whole_in_json_and_links_percent_encoded(string name, string shown, string link)
    {
        _ = shown;
        foreach (bool isFolder in new[] { false, true })
        {
            byte[] json = FolderListing.Json("/a b/ü/", [new ListingEntry(name, isFolder, 1, Time)]);
            JsonElement entry = Assert.Single(JsonDocument.Parse(json).RootElement.EnumerateArray());
            Assert.Equal(new string(name.EnumerateRunes().SelectMany(rune => rune.ToString()).ToArray()), entry.GetProperty("name").GetString());
            Assert.Equal("/a%20b/%C3%BC/" + link + (isFolder ? "/" : ""), entry.GetProperty("href").GetString());
        }
    }
}
