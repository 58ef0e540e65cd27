using System.Collections;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>Bodies, queries and forms taken apart.</summary>
public sealed class HttpFormTests
{
    [Theory]
    [InlineData("a=1&b=2", "a=1 b=2")]
    [InlineData("a=1&a=2&a=", "a=1,2,")]
    [InlineData("a+b=c%20d%2B", "a b=c d+")]
    [InlineData("a&=x&&b=1=2", "a= =x b=1=2")]
    [InlineData("%C3%A9=%zz%4", "\u00e9=%zz%4")]
    [InlineData("A=1&a=2", "A=1 a=2")]
    [InlineData("", "")]
    public void A_query_and_a_form_are_pairs(string text, string expected)
    {
        Assert.Equal(expected, Show(StubServer.Request($"GET /?{text}").Query));
        HttpRequestRecord form = StubServer.Request("POST /", "Content-Type: Application/X-WWW-form-urlencoded; charset=utf-8\r\n", text);
        Assert.Equal(expected, Show(form.Form!));
    }

    [Fact]
    public void A_multipart_form_has_fields_and_files()
    {
        const string Body = "ignored\r\n--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x\r\n"
            + "content-disposition: form-data; name=f; filename=\"q\\\"t.txt\"\r\nContent-Type: "
                + "text/plain\r\n\r\nline\r\n--y\r\n\r\n--x\r\n"
            + "Content-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--x--\r\nignored";
        HttpRequestRecord request = StubServer.Request("POST /", "Content-Type: multipart/form-data; boundary=\"x\"\r\n", Body);

        Assert.Equal(["1", string.Empty], (string[])((IDictionary)request.Form!)["a"]!);
        Dictionary<string, object?> file = Assert.IsType<HttpFormFile>(((IDictionary)request.Form!)["f"]).Parts.ToDictionary();
        Assert.Equal(("q\"t.txt", "text/plain", "line\r\n--y\r\n"), (file["FileName"], file["ContentType"], file["Text"]));
    }

    [Theory]
    [InlineData("--x\r\n\r\n1")]
    [InlineData("")]
    [InlineData("--x")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--y--")]
    public void A_multipart_form_that_is_cut_off_is_none(string body)
        => Assert.Null(StubServer.Request("POST /", "Content-Type: multipart/form-data; boundary=x\r\n", body).Form);

    [Fact]
    public void Random_multipart_bodies_do_no_harm()
    {
        Random random = new(5);
        byte[] body = new byte[64];
        for (int round = 0; round < 20_000; round++)
        {
            RandomText.Fill(random, body, "--xx\r\n\r\n:;=\"a"u8);
            MultipartBody.Read(body, "x");
        }
    }

    [Fact]
    public void Whatever_is_put_into_a_multipart_form_comes_out()
    {
        Random random = new(6);
        for (int round = 0; round < 500; round++)
        {
            byte[][] parts = [.. Enumerable.Range(0, random.Next(4)).Select(_ => RandomPart(random))];
            List<byte> body = [];
            foreach (byte[] part in parts)
            {
                body.AddRange([.. "--b0undary\r\nContent-Disposition: form-data; name=\"n\"; filename=\"f\"\r\n\r\n"u8, .. part,
                    .. "\r\n"u8]);
            }

            body.AddRange("--b0undary--\r\n"u8);
            List<MultipartPart>? read = MultipartBody.Read([.. body], "b0undary");
            Assert.Equal(parts, read!.Select(part => part.Data));
            Assert.Equal(parts, read!.Select(part => body[part.Start..part.End].ToArray()));
        }
    }

    [Fact]
    public void Json_becomes_objects()
    {
        HttpRequestRecord request = StubServer.Request("POST /", body: "\u00ef\u00bb\u00bf{\"Id\": 7, \"list\": [1.5, null, true, "
            + "\"x\"], \"big\": 12345678901234567890}");

        IDictionary json = Assert.IsAssignableFrom<IDictionary>(request.Json);
        Assert.Equal(7L, json["id"]);
        Assert.Equal([1.5m, null, true, "x"], (object?[])json["list"]!);
        Assert.Equal(12345678901234567890m, json["big"]);
        Assert.Null(StubServer.Request("POST /", body: "{").Json);
        const string Form = "Content-Type: application/x-www-form-urlencoded\r\n";
        Assert.Equal([1L], (object?[])StubServer.Request("POST /", Form, " [1]").Json!);
        Assert.Null(StubServer.Request("POST /", Form, "5").Json);
        Assert.Null(StubServer.Request("POST /", "Content-Type: text/html\r\n", "1").Json);
        Assert.Equal(2, ((IDictionary)StubServer.Request("POST /", body: "{\"a\": 1, \"A\": 2}").Json!).Count);
    }

    [Fact]
    public void Text_has_the_charset_that_the_client_names()
    {
        Assert.Equal("\u00e9", StubServer.Request("POST /", "Content-Type: text/plain; charset=\"iso-8859-1\"\r\n", "\u00e9").Text);
        Assert.Equal("\u00e9", StubServer.Request("POST /", "Content-Type: text/plain; charset=none-such\r\n", "\u00c3\u00a9").Text);
    }

    private static byte[] RandomPart(Random random)
    {
        byte[] part = new byte[random.Next(40)];
        RandomText.Fill(random, part, "--b0\r\n"u8);
        return part.AsSpan().IndexOf("\r\n--b0undary"u8) >= 0 ? [] : part;
    }

    private static string Show(object shown)
    {
        IDictionary values = (IDictionary)shown;
        return string.Join(' ',
            values.Keys.Cast<string>()
                .Select(name => $"{name}={(values[name] is string[] list ? string.Join(',', list) : values[name])}"));
    }
}
