using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>What a request target asks for.</summary>
public class HttpTargetTests
{
    [Theory]
    [InlineData("/", "/", "/")]
    [InlineData("/file", "/file", "/file")]
    [InlineData("/a/b.txt?c=d", "/a/b.txt", "/a/b.txt")]
    [InlineData("/a??b", "/a", "/a")]
    [InlineData("/?", "/", "/")]
    [InlineData("/?/../%zz", "/", "/")]
    [InlineData("/a%3Fb?c", "/a?b", "/a%3Fb")]
    [InlineData("/a%23b", "/a#b", "/a%23b")]
    [InlineData("/a%20b/c/", "/a b/c/", "/a%20b/c/")]
    [InlineData("/%41%7e%7E", "/A~~", "/%41%7e%7E")]
    [InlineData("/%2541", "/%41", "/%2541")]
    [InlineData("/%252e%252e/a", "/%2e%2e/a", "/%252e%252e/a")]
    [InlineData("/%252F", "/%2F", "/%252F")]
    [InlineData("/a+b", "/a+b", "/a+b")]
    [InlineData("/a\\b%5Cc", "/a\\b\\c", "/a\\b%5Cc")]
    [InlineData("/..\\a", "/..\\a", "/..\\a")]
    [InlineData("/\"<>^`{|}", "/\"<>^`{|}", "/\"<>^`{|}")]
    [InlineData("/%E4%BD%A0%e5%a5%bd", "/你好", "/%E4%BD%A0%e5%a5%bd")]
    [InlineData("/%F0%9F%98%80", "/😀", "/%F0%9F%98%80")]
    [InlineData("/你好/\u00fc", "/你好/\u00fc", "/你好/\u00fc")]
    [InlineData("/你%E5%A5%BD", "/你好", "/你%E5%A5%BD")]
    [InlineData("//a//b//", "//a//b//", "//a//b//")]
    public void An_escape_is_decoded_once(string target, string path, string raw) => AssertPath(TargetForm.Origin, target, path, raw);

    [Theory]
    [InlineData("/.", "/")]
    [InlineData("/./", "/")]
    [InlineData("/./a", "/a")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/../", "/")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/b/../..", "/")]
    [InlineData("/a/b/./../../c/./d/..", "/c/")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/a/.%2e/b/%2e/", "/b/")]
    [InlineData("/a//..", "/a/")]
    [InlineData("//../a", "/a")]
    [InlineData("/a/...", "/a/...")]
    [InlineData("/a/..b/.c/d./e..", "/a/..b/.c/d./e..")]
    [InlineData("/.%20", "/. ")]
    [InlineData("/a/..%5c", "/a/..\\")]
    public void Dot_segments_are_removed(string target, string path) => AssertPath(TargetForm.Origin, target, path, target);

    [Theory]
    [InlineData("http://example.org/a?b", "/a", "/a")]
    [InlineData("HTTPS://[::1]:8443/%61/../b", "/b", "/%61/../b")]
    [InlineData("http://example.org:/", "/", "/")]
    [InlineData("http://example.org", "/", "")]
    [InlineData("http://example.org?a/b", "/", "")]
    public void The_absolute_form_has_its_path_behind_the_authority(string target, string path, string raw)
        => AssertPath(TargetForm.Absolute, target, path, raw);

    [Theory]
    [InlineData("*", "Asterisk")]
    [InlineData("example.org:443", "Authority")]
    [InlineData("[::1]:443", "Authority")]
    [InlineData("", "Invalid")]
    [InlineData("**", "Invalid")]
    [InlineData("file", "Invalid")]
    [InlineData("../file", "Invalid")]
    [InlineData("?a", "Invalid")]
    [InlineData("\\a", "Invalid")]
    [InlineData("example.org:", "Invalid")]
    [InlineData(":443", "Invalid")]
    [InlineData("[::1]", "Invalid")]
    [InlineData("example.org:443/", "Invalid")]
    [InlineData("ftp://example.org/", "Invalid")]
    [InlineData("http:/a", "Invalid")]
    [InlineData("http://", "Invalid")]
    [InlineData("http:///a", "Invalid")]
    [InlineData("http://:80/a", "Invalid")]
    [InlineData("http://user@example.org/", "Invalid")]
    [InlineData("http://example.org\\a", "Invalid")]
    [InlineData("http://example.org#a", "Invalid")]
    [InlineData("http://a b/", "Invalid")]
    public void Other_forms_have_no_path(string target, string form)
    {
        Assert.Equal(form, HttpTarget.TryDecode(Encoding.UTF8.GetBytes(target), out string path, out _, out PathFault fault).ToString());
        Assert.Equal(string.Empty, path);
        Assert.Equal(PathFault.None, fault);
    }

    [Theory]
    [InlineData("/%", "BadEscape")]
    [InlineData("/%4", "BadEscape")]
    [InlineData("/%4?1", "BadEscape")]
    [InlineData("/%zz", "BadEscape")]
    [InlineData("/%0g", "BadEscape")]
    [InlineData("/%%41", "BadEscape")]
    [InlineData("/%u0041", "BadEscape")]
    [InlineData("/%+1", "BadEscape")]
    [InlineData("/%FF", "BadUtf8")]
    [InlineData("/%E4%BD", "BadUtf8")]
    [InlineData("/%E4%BD/%A0", "BadUtf8")]
    [InlineData("/%80", "BadUtf8")]
    [InlineData("/%C0%AF", "BadUtf8")]
    [InlineData("/%C0%AE%C0%AE/a", "BadUtf8")]
    [InlineData("/%E0%80%AF", "BadUtf8")]
    [InlineData("/%ED%A0%80", "BadUtf8")]
    [InlineData("/%F4%90%80%80", "BadUtf8")]
    [InlineData("/%00", "ForbiddenCharacter")]
    [InlineData("/a.txt%00.html", "ForbiddenCharacter")]
    [InlineData("/%0d%0aX", "ForbiddenCharacter")]
    [InlineData("/%09", "ForbiddenCharacter")]
    [InlineData("/%7F", "ForbiddenCharacter")]
    [InlineData("/%C2%9B", "ForbiddenCharacter")]
    [InlineData("/\u0085", "ForbiddenCharacter")]
    [InlineData("/\0", "ForbiddenCharacter")]
    [InlineData("/a b", "ForbiddenCharacter")]
    [InlineData("/a\t", "ForbiddenCharacter")]
    [InlineData("/a\u007f", "ForbiddenCharacter")]
    [InlineData("/a#b", "ForbiddenCharacter")]
    [InlineData("/a?b#c", "ForbiddenCharacter")]
    [InlineData("/a?b\n", "ForbiddenCharacter")]
    [InlineData("http://a/ ", "ForbiddenCharacter")]
    [InlineData("/a%2Fb", "EncodedSlash")]
    [InlineData("/..%2f..%2fetc", "EncodedSlash")]
    [InlineData("/..", "AboveRoot")]
    [InlineData("/../", "AboveRoot")]
    [InlineData("/../a", "AboveRoot")]
    [InlineData("/./..", "AboveRoot")]
    [InlineData("/a/../..", "AboveRoot")]
    [InlineData("/a/../../b/c", "AboveRoot")]
    [InlineData("/%2e%2e/a", "AboveRoot")]
    [InlineData("/.%2E", "AboveRoot")]
    [InlineData("http://a/%2e.", "AboveRoot")]
    public void A_path_with_a_fault_is_none(string target, string expected)
    {
        TargetForm form = HttpTarget.TryDecode(Encoding.UTF8.GetBytes(target), out string path, out _, out PathFault fault);
        Assert.Equal(expected, fault.ToString());
        Assert.Equal(fault == PathFault.BadUtf8, path.Length > 0);
        Assert.Equal(target[0] == '/' ? TargetForm.Origin : TargetForm.Absolute, form);
    }

    [Fact]
    public void Raw_bytes_that_are_not_utf8_are_a_fault()
    {
        HttpTarget.TryDecode([(byte)'/', 0xE4], out string path, out _, out PathFault fault);
        Assert.Equal((PathFault.BadUtf8, string.Empty), (fault, path));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(10_000)]
    public void Long_paths_are_decoded_too(int segments)
        => AssertPath(TargetForm.Origin, Repeat("/%61/x/..", segments), Repeat("/a", segments) + "/", Repeat("/%61/x/..", segments));

    [Fact]
    public void What_was_escaped_comes_back()
    {
        Random random = new(1);
        for (int round = 0; round < 2000; round++)
        {
            string path = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => "/" + RandomName(random)));
            string target = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
            AssertPath(TargetForm.Origin, target, path, target);
        }
    }

    [Fact]
    public void No_random_target_gives_a_path_with_dot_segments_or_controls()
    {
        const string Pieces = "/././.%2e%2E%2%5ca\\?#\0\u0085";
        Random random = new(2);
        int paths = 0;
        for (int round = 0; round < 50_000; round++)
        {
            string target = "/" + new string(
                [.. Enumerable.Range(0, random.Next(30)).Select(_ => Pieces[random.Next(random.Next(2) == 0 ? 7 : Pieces.Length)])]);
            HttpTarget.TryDecode(Encoding.UTF8.GetBytes(target), out string path, out _, out PathFault fault);
            Assert.Equal(fault is PathFault.None or PathFault.BadUtf8, path.Length > 0);
            if (path.Length > 0)
            {
                paths++;
                Assert.StartsWith("/", path, StringComparison.Ordinal);
                Assert.DoesNotContain(path.Split('/'), segment => segment is "." or "..");
                Assert.DoesNotContain(path, char.IsControl);
            }
        }

        Assert.True(paths > 5000, $"{paths} paths");
    }

    private static void AssertPath(TargetForm form, string target, string path, string raw)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(target);
        Assert.Equal(form, HttpTarget.TryDecode(bytes, out string decoded, out Range rawPath, out PathFault fault));
        Assert.Equal(PathFault.None, fault);
        Assert.Equal(path, decoded);
        Assert.Equal(raw, Encoding.UTF8.GetString(bytes[rawPath]));
    }

    private static string RandomName(Random random)
    {
        string[] pieces = ["a", "b.txt", " ", "%", "?", "#", "\\", "你", "😀", "\u00fc", "+", "&", ":", "..x"];
        return string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => pieces[random.Next(pieces.Length)]));
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
