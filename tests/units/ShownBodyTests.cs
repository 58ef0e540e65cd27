using System.Text;
using PSNetLab.Engine.Http.Client;

namespace PSNetLab.Engine.Tests;

public sealed class ShownBodyTests
{
    [Theory]
    [InlineData("text/html", "h\u00e9")]
    [InlineData("text/html; charset=UTF-8", "h\u00e9")]
    [InlineData("text/html; charset=utf-7", "h\u00e9")] // .NET refuses it
    [InlineData("text/html; charset=no-such-one", "h\u00e9")]
    [InlineData("text/html; charset=", "h\u00e9")]
    [InlineData("text/html; charset=latin1", "h\u00c3\u00a9")]
    [InlineData("text/html; charset=us-ascii", "h\ufffd\ufffd")]
    [InlineData(null, "h\u00e9")]
    public void A_charset_that_is_not_known_is_UTF_8(string? contentType, string text)
        => Assert.Equal(text, ShownBody.Decode(Encoding.UTF8.GetBytes("h\u00e9"), contentType));
}
