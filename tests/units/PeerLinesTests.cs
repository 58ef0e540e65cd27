using System.Text;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Terminal;

namespace PSNetLab.Engine.Tests;

/// <summary>Lines of bytes that arrive in any pieces, and bytes shown and written otherwise.</summary>
public class PeerLinesTests
{
    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    public void Lines_are_the_same_however_the_bytes_are_cut(string name)
    {
        Encoding encoding = Encoding.GetEncoding(name);
        byte[] bytes = encoding.GetBytes("\ufeff一行\r\n\r\ntwo\nthree\rfour 😀\n\rlogin: ");
        for (int first = 0; first <= bytes.Length; first++)
        {
            for (int second = first; second <= bytes.Length; second++)
            {
                PeerLines lines = new(encoding);
                List<string> complete = [];
                lines.Take(bytes.AsSpan(0, first), complete);
                lines.Take(bytes.AsSpan(first, second - first), complete);
                lines.Take(bytes.AsSpan(second), complete);
                Assert.Equal(["一行", "", "two", "three", "four 😀", ""], complete);
                Assert.Equal("login: ", lines.Unfinished);
            }
        }
    }

    [Fact]
    public void A_character_that_never_becomes_whole_is_seen_at_the_end()
    {
        PeerLines lines = new(Encoding.UTF8);
        List<string> complete = [];
        lines.Take("a\xe4\xbd"u8[..1], complete);
        lines.Take([0xe4, 0xbd], complete);
        Assert.Equal("a", lines.Unfinished);
        lines.End(complete);
        Assert.Equal(["a\ufffd"], complete);
    }

    [Fact]
    public void A_line_without_end_is_broken()
    {
        PeerLines lines = new(Encoding.UTF8);
        List<string> complete = [];
        lines.Take(new byte[1_000_000], complete);
        Assert.All(complete, line => Assert.Equal(PeerLines.MostCharacters, line.Length));
        Assert.InRange(lines.Unfinished.Length, 0, PeerLines.MostCharacters);
    }

    [Theory]
    [InlineData(100, "0010 48 65 6c 6c 6f 0d 0a 00                         Hello...")]
    [InlineData(78, "0010 48 65 6c 6c 6f 0d 0a 00                         Hello...")]
    [InlineData(38, "0010 48 65 6c 6c 6f 0d 0a 00 Hello...")]
    [InlineData(20, "0010 48 65 6c 6c Hell\n0014 6f 0d 0a 00 o...")]
    public void Bytes_are_shown_in_as_many_columns_as_there_are(int columns, string shown)
        => Assert.Equal(shown, string.Join('\n', HexLines.Of("Hello\r\n\0"u8.ToArray(), 0x10, columns)));

    [Theory]
    [InlineData(@"a\r\n", "61-0D-0A")]
    [InlineData(@"\x00\xffé\t\0\\", "00-FF-C3-A9-09-00-5C")]
    [InlineData(@"\u20ac\e[2J\a", "E2-82-AC-1B-5B-32-4A-07")]
    [InlineData(@"\ud83d\ude00", "F0-9F-98-80")]
    [InlineData("", "")]
    public void Escapes_stand_for_bytes(string text, string bytes)
        => Assert.Equal(bytes, BitConverter.ToString(EscapedText.Parse(text, Encoding.UTF8)));

    [Theory]
    [InlineData(@"\q", @"\q stands for nothing")]
    [InlineData("a\\", "\\ at the end stands for nothing")]
    [InlineData(@"\x1", @"\x stands for nothing")]
    [InlineData(@"\xzz", @"\x stands for nothing")]
    [InlineData(@"\u12", @"\u stands for nothing")]
    public void Other_escapes_are_errors(string text, string message)
        => Assert.Contains(
            message, Assert.Throws<NetLabException>(() => EscapedText.Parse(text, Encoding.UTF8)).Message, StringComparison.Ordinal);
}
