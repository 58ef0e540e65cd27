using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>Preconditions and ranges, of a file in memory, of one on disk, and of one that is sent compressed.</summary>
public sealed class HttpSelectiveAnswerTests : IDisposable
{
    private readonly WebFolder _folder = new();
    private readonly Dictionary<string, byte[]> _contents = new()
    {
        ["small.txt"] = WebFolder.Prose(5000),
        ["large.bin"] = WebFolder.Noise(300_000),
        ["large.txt"] = WebFolder.Prose(300_000),
    };

    public HttpSelectiveAnswerTests()
    {
        foreach ((string name, byte[] content) in _contents)
        {
            File.SetLastWriteTimeUtc(_folder.Write(name, content), new DateTime(2020, 2, 29, 12, 30, 15, 700, DateTimeKind.Utc));
        }
    }

    public static TheoryData<string> Files => ["small.txt", "large.bin", "large.txt"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_head_of_a_HEAD_is_that_of_a_GET(string name)
    {
        await using ServedConnection served = await StartAsync();
        foreach (string[] fields in new string[][] { [], ["Accept-Encoding: gzip"], ["If-None-Match: *"], ["If-Match: \"other\""] })
        {
            HttpAnswer get = await served.Client.GetAsync("/" + name, fields);
            HttpAnswer head = await served.Client.AskAsync("HEAD", "/" + name, fields);

            Assert.Equal(WithoutDate(get), WithoutDate(head));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_304_says_what_a_200_says_of_more_than_the_content(string name)
    {
        await using ServedConnection served = await StartAsync();
        foreach (string coding in new[] { "identity", "gzip", "br" })
        {
            HttpAnswer whole = await served.Client.GetAsync("/" + name, $"Accept-Encoding: {coding}");
            HttpAnswer same = await served.Client.GetAsync("/" + name, $"Accept-Encoding: {coding}", $"If-None-Match: {whole["ETag"]}");

            Assert.Equal(304, same.Status);
            Assert.Equal(["Date", "ETag", "Last-Modified", "Cache-Control"], same.FieldNames.Take(4));
            foreach (string field in same.FieldNames.Where(field => field != "Date"))
            {
                Assert.Equal(whole[field], same[field]);
            }

            Assert.Equal(whole["Vary"], same["Vary"]);
            Assert.Null(same["Content-Type"]);
            Assert.Null(same["Content-Length"]);
            Assert.Null(same["Content-Encoding"]);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Dates_count_in_whole_seconds_and_only_without_tags(string name)
    {
        await using ServedConnection served = await StartAsync();
        const string Before = "Sat, 29 Feb 2020 12:30:14 GMT";
        const string Modified = "Sat, 29 Feb 2020 12:30:15 GMT";
        string target = "/" + name;

        Assert.Equal(Modified, (await served.Client.GetAsync(target))["Last-Modified"]);
        Assert.Equal(304, (await served.Client.GetAsync(target, $"If-Modified-Since: {Modified}")).Status);
        Assert.Equal(200, (await served.Client.GetAsync(target, $"If-Modified-Since: {Before}")).Status);
        Assert.Equal(200, (await served.Client.GetAsync(target, $"If-Modified-Since: {Modified}", "If-None-Match: \"other\"")).Status);
        Assert.Equal(200, (await served.Client.GetAsync(target, $"If-Unmodified-Since: {Modified}")).Status);
        HttpAnswer failed = await served.Client.GetAsync(target, $"If-Unmodified-Since: {Before}");
        Assert.Equal(412, failed.Status);
        Assert.Null(failed["ETag"]);
    }

    /// <summary>A client that holds a part of one version must not add a part of another, though both are of the same second.</summary>
    [Theory]
    [InlineData(5000)]
    [InlineData(300_000)]
    public async Task Versions_of_one_second_are_never_taken_for_each_other(int length)
    {
        FakeTimeProvider clock = new(new DateTimeOffset(2024, 5, 6, 7, 8, 9, 500, TimeSpan.Zero));
        await using ServedConnection served = await ServedConnection.StartAsync(
            TransportKind.Portable, new() { Folder = _folder.Path, Clock = clock });
        byte[] second = WebFolder.Noise(length, seed: 2);
        WriteAt(WebFolder.Noise(length), milliseconds: 100);
        HttpAnswer first = await served.Client.GetAsync("/new.bin");
        WriteAt(second, milliseconds: 900);
        foreach (int wait in new[] { 300, 700, 5000 })
        {
            clock.Advance(TimeSpan.FromMilliseconds(wait));
            Assert.Equal(second, (await served.Client.GetAsync("/new.bin", $"If-Modified-Since: {first["Last-Modified"]}")).Body);
            Assert.Equal(
                second, (await served.Client.GetAsync("/new.bin", "Range: bytes=10-", $"If-Range: {first["Last-Modified"]}")).Body);
            Assert.Equal(412, (await served.Client.GetAsync("/new.bin", $"If-Unmodified-Since: {first["Last-Modified"]}")).Status);
        }

        HttpAnswer settled = await served.Client.GetAsync("/new.bin");
        Assert.Equal("Mon, 06 May 2024 07:08:09 GMT", settled["Last-Modified"]);
        Assert.Equal(206, (await served.Client.GetAsync("/new.bin", "Range: bytes=10-", $"If-Range: {settled["Last-Modified"]}")).Status);
        Assert.Equal(304, (await served.Client.GetAsync("/new.bin", $"If-Modified-Since: {settled["Last-Modified"]}")).Status);

        void WriteAt(byte[] content, int milliseconds)
            => File.SetLastWriteTimeUtc(
                _folder.Write("new.bin", content), new DateTime(2024, 5, 6, 7, 8, 9, milliseconds, DateTimeKind.Utc));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task One_range_is_the_bytes_of_the_file_as_it_is(string name)
    {
        await using ServedConnection served = await StartAsync();
        byte[] content = _contents[name];
        HttpAnswer whole = await served.Client.GetAsync("/" + name);
        foreach ((string range, int start, int end) in new[] { ("0-0", 0, 0), ("10-99", 10, 99), ("4990-", 4990, content.Length - 1),
            ("-7", content.Length - 7, content.Length - 1), ("0-99999999999999999999", 0, content.Length - 1) })
        {
            HttpAnswer part = await served.Client.GetAsync("/" + name, "Accept-Encoding: gzip, br", $"Range: bytes={range}");

            Assert.Equal(206, part.Status);
            Assert.Equal($"bytes {start}-{end}/{content.Length}", part["Content-Range"]);
            Assert.Equal(content[start..(end + 1)], part.Body);
            Assert.Null(part["Content-Encoding"]);
            foreach (string field in new[] { "ETag", "Last-Modified", "Cache-Control", "Vary", "Content-Type", "Accept-Ranges" })
            {
                Assert.Equal(whole[field], part[field]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Several_ranges_come_as_parts(string name)
    {
        await using ServedConnection served = await StartAsync();
        byte[] content = _contents[name];

        HttpAnswer parts = await served.Client.GetAsync("/" + name, "Range: bytes=0-4, 2000-2999,-3");

        Assert.Equal(206, parts.Status);
        Assert.Null(parts["Content-Range"]);
        string boundary = parts["Content-Type"]!["multipart/byteranges; boundary=".Length..];
        string type = (await served.Client.GetAsync("/" + name))["Content-Type"]!;
        StringBuilder expected = new();
        foreach ((int start, int end) in new[] { (0, 4), (2000, 2999), (content.Length - 3, content.Length - 1) })
        {
            expected.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: {type}\r\nContent-Range: bytes "
                + $"{start}-{end}/{content.Length}\r\n\r\n");
            expected.Append(Encoding.Latin1.GetString(content[start..(end + 1)]));
        }

        Assert.Equal($"{expected}\r\n--{boundary}--\r\n"[2..], Encoding.Latin1.GetString(parts.Body));
        Assert.Equal(parts.Body.Length, (await served.RecordAsync()).BytesSent);
        Assert.Equal(200, (await served.Client.GetAsync("/" + name)).Status);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_range_outside_of_the_file_gets_416_and_its_length(string name)
    {
        await using ServedConnection served = await StartAsync();

        HttpAnswer answer = await served.Client.GetAsync("/" + name, "Range: bytes=1000000-");

        Assert.Equal((416, $"bytes */{_contents[name].Length}"), (answer.Status, answer["Content-Range"]));
        Assert.Equal(416, (await served.RecordAsync()).Status);
    }

    [Theory]
    [InlineData("Range: lines=1-2")]
    [InlineData("Range: bytes=a-b")]
    [InlineData("Range: bytes=5-4")]
    [InlineData("Range: bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30,32-32")]
    [InlineData("Range: bytes=0-4\r\nIf-Range: \"other\"")]
    [InlineData("Range: bytes=0-4\r\nIf-Range: Sat, 29 Feb 2020 12:30:14 GMT")]
    [InlineData("Range: bytes=0-4\r\nIf-Range: W/{etag}")]
    public async Task A_range_that_does_not_count_gets_the_whole_file(string fields)
    {
        await using ServedConnection served = await StartAsync();
        foreach ((string name, byte[] content) in _contents)
        {
            string etag = (await served.Client.GetAsync("/" + name))["ETag"]!;
            HttpAnswer answer = await served.Client.GetAsync("/" + name, fields.Replace("{etag}", etag, StringComparison.Ordinal));
            Assert.Equal(200, answer.Status);
            Assert.Equal(content, answer.Body);
            Assert.Equal(200, (await served.Client.AskAsync("HEAD", "/" + name, "Range: bytes=0-4")).Status);
        }
    }

    [Fact]
    public async Task A_part_goes_on_where_it_ended_only_while_the_file_is_the_same()
    {
        await using ServedConnection served = await StartAsync();
        HttpAnswer whole = await served.Client.GetAsync("/large.txt");
        foreach (string validator in new[] { whole["ETag"]!, whole["Last-Modified"]! })
        {
            Assert.Equal(206, (await served.Client.GetAsync("/large.txt", "Range: bytes=1000-", $"If-Range: {validator}")).Status);
        }

        // The tag of the compressed form is not that of the file.
        string gzipped = (await served.Client.GetAsync("/large.txt", "Accept-Encoding: gzip"))["ETag"]!;
        Assert.NotEqual(whole["ETag"], gzipped);
        Assert.Equal(200, (await served.Client.GetAsync("/large.txt", "Range: bytes=1000-", $"If-Range: {gzipped}")).Status);
        Assert.Equal(412, (await served.Client.GetAsync("/large.txt", $"If-Match: {gzipped}")).Status);
        Assert.Equal(200, (await served.Client.GetAsync("/large.txt", $"If-Match: {gzipped}, {whole["ETag"]}")).Status);
    }

    [Fact]
    public async Task An_empty_file_has_no_ranges()
    {
        _folder.Write("empty", "");
        await using ServedConnection served = await StartAsync();

        foreach (string range in new[] { "-5", "0-", "3-4" })
        {
            HttpAnswer answer = await served.Client.GetAsync("/empty", "Range: bytes=" + range);

            Assert.Equal((200, "0", null), (answer.Status, answer["Content-Length"], answer["Content-Range"]));
        }
    }

    [Fact]
    public async Task A_file_from_the_future_was_modified_now()
    {
        File.SetLastWriteTimeUtc(_folder.Write("tomorrow", "x"), DateTime.UtcNow.AddDays(1));
        await using ServedConnection served = await StartAsync();

        HttpAnswer answer = await served.Client.GetAsync("/tomorrow");

        Assert.True(HttpDate.TryParse(HttpHead.Bytes(answer["Last-Modified"]!), out DateTime modified));
        Assert.True(HttpDate.TryParse(HttpHead.Bytes(answer["Date"]!), out DateTime date));
        Assert.InRange(modified, date.AddSeconds(-5), date.AddSeconds(1));
    }

    private static string WithoutDate(HttpAnswer answer)
        => string.Join('\n', answer.Head.Split("\r\n").Where(line => !line.StartsWith("Date: ", StringComparison.Ordinal)));

    private Task<ServedConnection> StartAsync() => ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });
}
