using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

public partial class AccessLogLinesTests
{
    private static readonly DateTimeOffset s_time = new(2000, 10, 10, 13, 55, 36, 789, TimeSpan.FromHours(-7));

    [Fact]
    public void A_line_is_that_of_the_common_log_format()
        => Assert.Equal(
            "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 2326",
            Common("127.0.0.1", "frank", s_time, "GET", "/apache_pb.gif", "HTTP/1.0", 200, 2326));

    [Fact]
    public void What_is_missing_is_a_dash()
        => Assert.Equal(
            "::1 - - [10/Oct/2000:13:55:36 -0700] \"-\" 400 0 \"-\" \"-\"",
            Lines(lines =>
            {
                lines.AddCommon(IPAddress.IPv6Loopback, null, s_time, null, null, null, 400, 0);
                lines.AddQuoted(null);
                lines.AddQuoted("");
            }));

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("fe80::1%3", "fe80::1%3")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void The_peer_is_an_address(string remote, string expected)
        => Assert.StartsWith(expected + " - - [", Common(remote, null, s_time, "GET", "/", "HTTP/1.1", 200, 1), StringComparison.Ordinal);

    [Theory]
    [InlineData("2024-02-29T23:59:59+00:00", "[29/Feb/2024:23:59:59 +0000]")]
    [InlineData("2024-01-01T00:00:00+05:30", "[01/Jan/2024:00:00:00 +0530]")]
    [InlineData("2024-12-31T12:00:00-03:30", "[31/Dec/2024:12:00:00 -0330]")]
    [InlineData("0001-01-01T00:00:00+00:00", "[01/Jan/0001:00:00:00 +0000]")]
    public void The_time_has_its_offset(string time, string expected)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("ar-SA"); // another calendar, other names and separators
            Assert.Contains(expected, Common("::1", null, DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), "GET", "/", "HTTP/1.1", 200, -1), StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Each_second_and_each_offset_has_its_own_time()
    {
        string text = Lines(lines =>
        {
            foreach (DateTimeOffset time in new[] { s_time, s_time.AddMilliseconds(210), s_time.AddMilliseconds(211), s_time.AddSeconds(-1), s_time.AddSeconds(-1).ToOffset(TimeSpan.Zero), new(s_time.DateTime.AddSeconds(-1), TimeSpan.Zero) })
            {
                lines.AddCommon(IPAddress.Loopback, null, time, null, null, null, 200, 0);
                lines.EndLine();
            }
        });

        Assert.Equal(
            ["13:55:36 -0700", "13:55:36 -0700", "13:55:37 -0700", "13:55:35 -0700", "20:55:35 +0000", "13:55:35 +0000"],
            text.TrimEnd().Split('\n').Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..line.IndexOf(']', StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData("a\"b", "a\\x22b")]
    [InlineData("a\\b", "a\\x5Cb")]
    [InlineData("\\x22", "\\x5Cx22")]
    [InlineData("a\r\nb", "a\\x0D\\x0Ab")]
    [InlineData("\0\t\u001B[31m\u007F", "\\x00\\x09\\x1B[31m\\x7F")]
    [InlineData("é", "\\xC3\\xA9")]
    [InlineData("\u0085\u2028", "\\xC2\\x85\\xE2\\x80\\xA8")]
    [InlineData("中文", "\\xE4\\xB8\\xAD\\xE6\\x96\\x87")]
    [InlineData("🔑!", "\\xF0\\x9F\\x94\\x91!")]
    [InlineData("~ '`[]%20", "~ '`[]%20")]
    public void Nothing_a_client_sends_ends_a_field_or_a_line(string given, string logged)
    {
        Assert.Equal($" \"{logged}\"", Lines(lines => lines.AddQuoted(given)));
        Assert.EndsWith($"\"{logged} {logged} {logged}\" 400 5", Common("::1", null, s_time, given, given, given, 400, 5), StringComparison.Ordinal);
        string user = logged.Replace(" ", "\\x20", StringComparison.Ordinal);
        Assert.StartsWith($"::1 - {user} [", Common("::1", given, s_time, "GET", "/", "HTTP/1.1", 200, 5), StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_a_replacement_character()
        => Assert.Equal(" \"\\xEF\\xBF\\xBDa\\xEF\\xBF\\xBD\"", Lines(lines => lines.AddQuoted("\uDD11a\uD83D")));

    [Fact]
    public void Random_text_keeps_the_form_of_a_line()
    {
        Random random = new(27);
        AccessLogLines lines = new();
        char[] text = new char[30];
        for (int i = 0; i < 20_000; i++)
        {
            foreach (ref char value in text.AsSpan())
            {
                value = (char)random.Next(random.Next(2) == 0 ? 128 : char.MaxValue + 1);
            }

            lines.Clear();
            lines.AddCommon(IPAddress.Loopback, text, s_time, text, text, text, 200, long.MaxValue);
            lines.AddQuoted(text);
            lines.AddQuoted(text);
            lines.EndLine();
            Assert.Matches(Combined(), Encoding.Latin1.GetString(lines.Written.Span));
        }
    }

    [Fact]
    public void Long_fields_have_room()
    {
        string target = "/" + new string('a', 100_000) + new string('中', 100_000);
        Assert.Contains(string.Concat(Enumerable.Repeat("\\xE4\\xB8\\xAD", 100_000)) + " HTTP/1.1\" 200 1", Common("::1", null, s_time, "GET", target, "HTTP/1.1", 200, 1), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_can_be_taken_off_again()
    {
        AccessLogLines lines = new();
        lines.AddQuoted("a");
        int before = lines.Length;
        lines.AddQuoted(new string('b', 100_000));
        lines.Truncate(before);
        Assert.Equal(" \"a\"", Encoding.ASCII.GetString(lines.Written.Span));
        lines.Trim();
        Assert.Equal(0, lines.Length);
        lines.AddQuoted("c");
        Assert.Equal(" \"c\"", Encoding.ASCII.GetString(lines.Written.Span));
    }

    [Fact]
    public void Adding_allocates_nothing()
    {
        AccessLogLines lines = new();
        IPAddress remote = IPAddress.Loopback;
        Assert.Equal(0, Allocation.Of(() =>
        {
            lines.AddCommon(remote, "frank", s_time, "GET", "/a\"b", "HTTP/1.1", 200, 2326);
            lines.AddQuoted("http://localhost/");
            lines.EndLine();
        }));
    }

    [Fact]
    public void The_line_of_a_record_allocates_nothing()
    {
        AccessLogLines lines = new();
        HttpRequestRecord record = new(1, new IPEndPoint(IPAddress.Loopback, 1), HttpHead.Bytes(HttpHead.Valid[^1])) { User = "frank" };
        Assert.Equal(0, Allocation.Of(() => lines.Add(record, isCombined: true)));
        lines.Clear();
        lines.Add(record, isCombined: true);
        Assert.Matches(
            """^127\.0\.0\.1 - frank \[.*\] "GET /assets/photo\.jpg HTTP/1\.1" 0 0 "http://127\.0\.0\.1:8080/" "Mozilla/.*"\n$""",
            Encoding.Latin1.GetString(lines.Written.Span));
    }

    [GeneratedRegex("""\A127\.0\.0\.1 - [!-~]+ \[10/Oct/2000:13:55:36 -0700\] "[ !#-~]+" 200 9223372036854775807 "[ !#-~]+" "[ !#-~]+"\n\z""")]
    private static partial Regex Combined();

    private static string Common(string remote, string? user, DateTimeOffset time, string method, string target, string version, int status, long bytes)
        => Lines(lines => lines.AddCommon(IPAddress.Parse(remote), user, time, method, target, version, status, bytes));

    private static string Lines(Action<AccessLogLines> add)
    {
        AccessLogLines lines = new();
        add(lines);
        return Encoding.Latin1.GetString(lines.Written.Span);
    }
}
