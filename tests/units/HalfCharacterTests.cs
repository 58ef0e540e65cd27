using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>JSON that no text can hold: it answers like any other, and never breaks a request.</summary>
public sealed class HalfCharacterTests
{
    [Theory]
    [InlineData("\\ud800", "\uFFFD")]
    [InlineData("\\uDFFF", "\uFFFD")]
    [InlineData("a\\ud83d\\ude00b", "a\U0001F600b")]
    [InlineData("\\ud83d\\ud83d\\ude00", "\uFFFD\U0001F600")]
    [InlineData("\\ude00\\ud83d", "\uFFFD\uFFFD")]
    [InlineData("\\\\ud800", "\\ud800")]
    [InlineData("\\\\\\ud800", "\\\uFFFD")]
    [InlineData("\\ud83d\\n", "\uFFFD\n")]
    [InlineData("\\n\\u00e9", "\n\u00e9")]
    public void Half_a_character_becomes_the_one_that_stands_for_it(string escaped, string expected)
    {
        Assert.True(JsonObjects.TryRead(Encoding.UTF8.GetBytes($"\"{escaped}\""), out object? value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("\"\\ud")]
    [InlineData("\"\\ud83d\\")]
    [InlineData("\"\\ud83d\\ude0")]
    [InlineData("\"\u00ff\"")]
    public void What_is_cut_or_no_UTF_8_is_no_JSON(string text) => Assert.Null(JsonObjects.TryParse(HttpHead.Bytes(text)));

    [Theory]
    [InlineData("{\"a\":\"\\ud800\"}", 404)]
    [InlineData("{\"\\ud800\":1,\"a\":\"x\"}", 201)]
    [InlineData("{\"a\":\"\u00ff\"}", 404)]
    public async Task A_route_that_wants_JSON_answers(string body, int status)
    {
        await using StubServer server = new(new HttpRoute(
            StubServer.Criteria("POST /") with { Body = BodyMatch.With("{\"a\":\"x\"}"u8.ToArray()) },
            [new StubAnswer { Status = 201 }],
            new RouteSettings()));
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        Assert.Equal(status, (await client.ResponseAsync()).Status);
        _ = Assert.Single(server.Records()).Json;
    }
}
