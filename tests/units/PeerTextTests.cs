using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>What peers say is shown without doing anything to a terminal.</summary>
public class PeerTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("中文 e\u0301 😀", "中文 e\u0301 😀")]
    [InlineData("\u001b]52;c;cm0gLXJm\a", "␛]52;c;cm0gLXJm␇")]
    [InlineData("\u001b[2J\r\n\t\0\u007f", "␛[2J␍␊␉␀␡")]
    [InlineData("\u009b2J\u0085", "\ufffd2J\ufffd")]
    [InlineData("a\u202eb\u2066c\u2069\u200f", "a\ufffdb\ufffdc\ufffd\ufffd")]
    [InlineData("a\u200bb\ufeffc\u2028\u00ad", "a\ufffdb\ufffdc\ufffd\ufffd")]
    [InlineData("tag \U000e0041", "tag \ufffd\ufffd")]
    [InlineData("👩\u200d🔬 \u0646\u200c\u0645", "👩\u200d🔬 \u0646\u200c\u0645")]
    public void What_is_not_to_be_seen_becomes_a_symbol(string said, string shown) => Assert.Equal(shown, PeerText.Visible(said));

    [Fact]
    public void Half_of_a_pair_becomes_a_symbol()
        => Assert.Equal("\ufffda\ufffd", PeerText.Visible(string.Concat('\ud83d', 'a', '\ude00')));

    [Fact]
    public void Nothing_that_a_terminal_obeys_is_left()
    {
        StringBuilder all = new();
        for (int value = 0; value <= 0x10ffff; value += value == 0xd7ff ? 0x801 : 1)
        {
            all.Append(new Rune(value));
        }

        string shown = PeerText.Visible(all.ToString());
        Assert.Equal(all.Length, shown.Length);
        Assert.DoesNotContain(shown, character => char.IsControl(character));
        Assert.DoesNotContain(shown, character => character is '\u061c' or >= '\u200e' and <= '\u200f' or >= '\u202a' and <= '\u202e'
            or >= '\u2066' and <= '\u2069');
    }

    [Theory]
    [InlineData("12345", "12345")]
    [InlineData("123456", "1234…")]
    [InlineData("123😀56", "123…")]
    [InlineData("12😀456", "12😀…")]
    public void A_beginning_ends_between_two_characters(string text, string shown) => Assert.Equal(shown, PeerText.Beginning(text, 5));

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("中文", 4)]
    [InlineData("，。ＡＢ", 8)]
    [InlineData("한국어", 6)]
    [InlineData("e\u0301", 1)]
    [InlineData("😀", 2)]
    [InlineData("👩\u200d🔬", 2)]
    [InlineData("🇨🇳", 2)]
    [InlineData("\U00020000", 2)]
    [InlineData("␛\ufffd", 2)]
    [InlineData("é½Ω─█", 5)]
    public void Characters_have_their_width(string text, int columns) => Assert.Equal(columns, CharacterWidth.Of(text));
}
