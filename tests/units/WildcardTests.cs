using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public class WildcardTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("*", "")]
    [InlineData("*", "anything at all")]
    [InlineData("HELO *", "helo me")]
    [InlineData("HELO*", "HELO")]
    [InlineData("*@*", "me@here")]
    [InlineData("a*b*c", "aXbXbXc")]
    [InlineData("*abc", "ababc")]
    [InlineData("ab*ab", "abab")]
    [InlineData("?", "x")]
    [InlineData("RCPT TO:<*>", "RCPT TO:<a@b.c>")]
    [InlineData("[a-c]x", "Bx")]
    [InlineData("[ac-]x", "-x")]
    [InlineData("`*RST", "*rst")]
    [InlineData("a[b", "a[b")]
    [InlineData("[]", "[]")]
    [InlineData("*`?", "why?")]
    [InlineData("*[0-9]?[0-9]*", "a1b2c")]
    [InlineData("你*", "你好")]
    public void Matches(string pattern, string text) => Assert.True(new Wildcard(pattern).IsMatch(text));

    [Theory]
    [InlineData("", "x")]
    [InlineData("HELO *", "HELO")]
    [InlineData("HELO", "HELO ")]
    [InlineData("aba*aba", "ababa")]
    [InlineData("a*b*c", "acb")]
    [InlineData("?", "")]
    [InlineData("?", "xy")]
    [InlineData("[a-c]x", "dx")]
    [InlineData("`*RST", "xRST")]
    [InlineData("*`?", "why!")]
    [InlineData("*[0-9]?[0-9]*", "a1b")]
    public void Does_not_match(string pattern, string text) => Assert.False(new Wildcard(pattern).IsMatch(text));

    [Fact]
    public void Agrees_with_a_matcher_that_tries_everything()
    {
        Random random = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            string pattern = RandomOf(random, "ab*?", 6);
            string text = RandomOf(random, "ab", 8);
            Assert.True(TryAll(pattern, text) == new Wildcard(pattern).IsMatch(text), $"'{pattern}' and '{text}'");
        }
    }

    [Theory]
    [InlineData("QUIT", true)]
    [InlineData("`*RST", true)]
    [InlineData("QUI?", false)]
    [InlineData("QUIT*", false)]
    public void Knows_whether_it_is_one_text(string pattern, bool isOne) => Assert.Equal(isOne, new Wildcard(pattern).IsOneText);

    private static string RandomOf(Random random, string characters, int most)
        => string.Concat(Enumerable.Range(0, random.Next(most + 1)).Select(_ => characters[random.Next(characters.Length)]));

    private static bool TryAll(string pattern, string text) => pattern.Length == 0 ? text.Length == 0
        : pattern[0] == '*' ? TryAll(pattern[1..], text) || (text.Length > 0 && TryAll(pattern, text[1..]))
        : text.Length > 0 && (pattern[0] == '?' || pattern[0] == text[0]) && TryAll(pattern[1..], text[1..]);
}
