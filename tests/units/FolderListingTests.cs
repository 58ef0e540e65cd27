using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PSNetLab.Engine.Http.Files;

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
    public void A_name_shows_as_text_stays_whole_in_json_and_is_linked_percent_encoded(string name, string shown, string link)
    {
        string wellFormed = string.Concat(name.EnumerateRunes());
        foreach (bool isFolder in new[] { false, true })
        {
            string slash = isFolder ? "/" : "";
            var entry = new ListingEntry(name, isFolder, 1, Time);

            ListedRow row = Assert.Single(ListingPage.Of("/", entry).Rows);
            Assert.Equal((shown + slash, link + slash), (row.Name, row.Href));

            JsonElement json = Assert.Single(Json("/a b/ü/", entry));
            Assert.Equal(wellFormed, json.GetProperty("name").GetString());
            Assert.Equal("/a%20b/%C3%BC/" + link + slash, json.GetProperty("href").GetString());
        }
    }

    [Fact]
    public void A_path_shows_as_text_and_each_folder_of_it_is_linked()
    {
        ListingPage page = ListingPage.Of("/a&b/<i>/c\u202Ed/");
        Assert.Contains("<title>/a&amp;b/&lt;i&gt;/c[U+202E]d/</title>", page.Html, StringComparison.Ordinal);
        Assert.Contains(
            """<h1><a href="../../../">/</a><a href="../../">a&amp;b/</a><a href="../">&lt;i&gt;/</a>"""
                + """<a href="./" aria-current="page">c[U+202E]d/</a></h1>""",
            page.Html,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_root_has_no_parent()
    {
        Assert.DoesNotContain("Parent folder", ListingPage.Of("/").Html, StringComparison.Ordinal);
        Assert.Contains("""<a href="../">Parent folder</a>""", ListingPage.Of("/sub/").Html, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_folder_says_so()
    {
        ListingPage page = ListingPage.Of("/sub/");
        Assert.Contains("This folder is empty.", page.Html, StringComparison.Ordinal);
        Assert.Equal("0 items, 0 B", page.Summary);
        Assert.Empty(page.Rows);
        Assert.Empty(Json("/sub/"));
    }

    [Fact]
    public void Both_forms_have_folders_first_and_count_as_people_do()
    {
        ListingEntry[] entries = [
            new("file10", false, 1, Time), new("b", true, 0, Time), new("File9", false, 1, Time),
            new("a2", true, 0, Time), new("a10", true, 0, Time), new("file", false, 1, Time)];
        string[] expected = ["a2/", "a10/", "b/", "file", "File9", "file10"];
        Assert.Equal(expected, ListingPage.Of("/", entries).Rows.Select(row => row.Name));
        Assert.Equal(expected, Json("/", entries).Select(json => json.GetProperty("href").GetString()![1..]));
    }

    [Theory]
    [InlineData(0, "0 B", "0 bytes")]
    [InlineData(1, "1 B", "1 byte")]
    [InlineData(1023, "1023 B", "1,023 bytes")]
    [InlineData(1024, "1.0 KiB", "1,024 bytes")]
    [InlineData(1536, "1.5 KiB", "1,536 bytes")]
    [InlineData((1024 * 1024) - 1, "1023.9 KiB", "1,048,575 bytes")]
    [InlineData(1024 * 1024, "1.0 MiB", "1,048,576 bytes")]
    [InlineData(7_512_345_678, "6.9 GiB", "7,512,345,678 bytes")]
    [InlineData(long.MaxValue, "7.9 EiB", "9,223,372,036,854,775,807 bytes")]
    public void A_size_is_short_and_also_exact(long length, string size, string exactSize)
    {
        var entry = new ListingEntry("file", false, length, Time);
        ListedRow row = Assert.Single(ListingPage.Of("/", entry).Rows);
        Assert.Equal((size, exactSize), (row.Size, row.ExactSize));
        Assert.Equal(length, Assert.Single(Json("/", entry)).GetProperty("size").GetInt64());
    }

    [Fact]
    public void The_summary_counts_the_items_and_adds_the_files_up()
    {
        var folder = new ListingEntry("folder", true, 4096, Time);
        Assert.Equal("1 item, 0 B", ListingPage.Of("/", folder).Summary);
        Assert.Equal("3 items, 2.5 KiB", ListingPage.Of("/", folder, new("a", false, 2048, Time), new("b", false, 512, Time)).Summary);
    }

    [Fact]
    public void A_folder_has_no_size()
    {
        var folder = new ListingEntry("folder", true, 4096, Time);
        Assert.Equal("", Assert.Single(ListingPage.Of("/", folder).Rows).Size);
        JsonElement json = Assert.Single(Json("/", folder));
        Assert.Equal("folder", json.GetProperty("type").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("size").ValueKind);
    }

    [Theory]
    [InlineData(DateTimeKind.Utc)]
    [InlineData(DateTimeKind.Unspecified)]
    public void A_time_is_utc(DateTimeKind kind)
    {
        var entry = new ListingEntry("file", false, 1, DateTime.SpecifyKind(Time, kind));
        ListingPage page = ListingPage.Of("/", entry);
        Assert.Equal("2024-02-29T23:59:58Z", Assert.Single(page.Rows).Time);
        Assert.Contains(">2024-02-29 23:59</time>", page.Html, StringComparison.Ordinal);

        JsonElement json = Assert.Single(Json("/", entry));
        Assert.Equal("2024-02-29T23:59:58Z", json.GetProperty("modified").GetString());
        Assert.Equal("file", json.GetProperty("type").GetString());
    }

    [Fact]
    public void The_culture_does_not_matter()
    {
        var entry = new ListingEntry("file", false, 1234567, Time);
        byte[] html = FolderListing.Html("/", [entry, entry]);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            // Its own calendar, other digits in places, another separator of thousands.
            CultureInfo.CurrentCulture = new CultureInfo("fa-IR");
            Assert.Equal(html, FolderListing.Html("/", [entry, entry]));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void The_policy_allows_the_page_what_it_brings_along_and_nothing_else()
    {
        ListingPage page = ListingPage.Of("/sub/", new ListingEntry("<script>alert(1)</script>", false, 1, Time));
        PagePolicy.AssertCovers(page.Html, FolderListing.ContentSecurityPolicy);
    }

    [Fact]
    public void Names_longer_than_expected_are_all_there()
    {
        ListingEntry[] entries = Enumerable.Range(0, 300).Select(i => new ListingEntry(new string('眼', 250) + i, false, i, Time))
            .ToArray();
        Assert.Equal(entries.Select(entry => entry.Name), ListingPage.Of("/", entries).Rows.Select(row => row.Name));
        Assert.Equal(entries.Select(entry => entry.Name), Json("/", entries).Select(json => json.GetProperty("name").GetString()));
    }

    [Fact]
    public void Ten_thousand_entries_take_little_time_and_memory()
    {
        List<ListingEntry> entries = Enumerable.Range(0, 10_000)
            .Select(i => new ListingEntry($"document {i * 7919 % 10_000} of the set.txt", i % 20 == 0, i * 1000L, Time.AddMinutes(i)))
            .ToList();
        Func<string, List<ListingEntry>, byte[]>[] forms = [FolderListing.Html, FolderListing.Json];
        foreach (Func<string, List<ListingEntry>, byte[]> form in forms)
        {
            form("/", [.. entries]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            int length = form("/", [.. entries]).Length;
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, length, length * 4L);

            // The best of five in turns, and of more if one of them had better luck with the processor: other tests run beside this one.
            TimeSpan large = TimeSpan.MaxValue, small = TimeSpan.MaxValue;
            for (int i = 0; i < 5 || (i < 30 && large / small > 4); i++)
            {
                large = Least(large, TimeOf(form, entries, times: 1));
                small = Least(small, TimeOf(form, entries[..(entries.Count / 10)], times: 10));
            }

            Assert.InRange(large / small, 0, 4);
        }

        static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
    }

    private static TimeSpan TimeOf(Func<string, List<ListingEntry>, byte[]> form, List<ListingEntry> entries, int times)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++)
        {
            form("/", [.. entries]);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    private static List<JsonElement> Json(string path, params ListingEntry[] entries) =>
        [.. JsonDocument.Parse(FolderListing.Json(path, [.. entries])).RootElement.EnumerateArray()];
}
