using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

public class FieldLinesTests
{
    [Theory]
    [InlineData("X-Frame-Options", "DENY")]
    [InlineData("Cache-Control", "max-age=60")]
    [InlineData("!#$%&'*+-.^_`|~09azAZ", "")]
    [InlineData("X", "caf\u00e9 \"quoted\"; a=b, c")]
    [InlineData("Content-Security-Policy", "default-src 'self'")]
    [InlineData("X", "a\tb")]
    public void Fields_that_can_be_sent(string name, string value)
        => Assert.Single(FieldLines.Check([FieldLines.Field(name, value)], "Headers"));

    [Theory]
    [InlineData("", "a")]
    [InlineData("X Y", "a")]
    [InlineData("X:", "a")]
    [InlineData("X\r\nY", "a")]
    [InlineData("\u00dcber", "a")]
    [InlineData("X", "a\r\nSet-Cookie: b")]
    [InlineData("X", "a\nb")]
    [InlineData("X", "a\rb")]
    [InlineData("X", "a\0")]
    [InlineData("X", "a\u007f")]
    [InlineData("X", "\u4f60\u597d")]
    [InlineData("X", "\ud83d\ude00")]
    [InlineData("Content-Length", "0")]
    [InlineData("content-length", "0")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Connection", "close")]
    [InlineData("Content-Range", "bytes 0-0/1")]
    [InlineData("Content-Encoding", "gzip")]
    [InlineData("Content-Type", "text/plain")]
    [InlineData("ETag", "\"a\"")]
    [InlineData("Last-Modified", "now")]
    [InlineData("Accept-Ranges", "none")]
    [InlineData("Location", "http://a/")]
    [InlineData("Date", "now")]
    public void Fields_that_would_break_an_answer(string name, string value)
    {
        NetLabException fault = Assert.Throws<NetLabException>(
            () => FieldLines.Check([FieldLines.Field("X-Good", "a"), FieldLines.Field(name, value)], "Headers"));

        Assert.Equal(FaultKind.InvalidParameters, fault.Kind);
        Assert.StartsWith("-Headers: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_the_user_replace_those_of_the_server_whatever_their_case()
    {
        byte[] lines = FieldLines.Format(
            [FieldLines.Field("Cache-Control", "no-cache"), FieldLines.Field("Vary", "Accept"), FieldLines.Field("X", "1")],
            [FieldLines.Field("cache-control", "max-age=1"), FieldLines.Field("vary", "Cookie")]);

        Assert.Equal("Vary: Accept\r\nX: 1\r\n", Encoding.Latin1.GetString(lines));
    }
}
