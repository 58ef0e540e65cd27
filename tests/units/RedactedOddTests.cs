using System.Text;
using PSNetLab.Engine.Http.Recordings;

namespace PSNetLab.Engine.Tests;

/// <summary>Secrets in bodies that are not quite what they say, or say nothing.</summary>
public sealed class RedactedOddTests
{
    private readonly Redactor _redactor = new();

    [Theory]
    [InlineData("", "user=ada&password=S3CRET")]
    [InlineData("text/plain", "user=ada&password=S3CRET")]
    [InlineData("", "password=S3CRET")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-7", "user=ada&password=S3CRET")]
    [InlineData("application/xml", "<a password='S3CRET' b='c'/>")]
    [InlineData("application/xml", "<a><password><![CDATA[S3CRET]]></password></a>")]
    public void A_secret_is_taken_out(string type, string body)
    {
        string plain = body.Replace("<![CDATA[S3CRET]]>", "S3CRET", StringComparison.Ordinal);
        Assert.Equal(plain.Replace("S3CRET", "***", StringComparison.Ordinal), Redact(body, type, Encoding.UTF8));
    }

    [Theory]
    [InlineData("application/json", """{"pass\u0077ord":"S3CRET",}""")]
    [InlineData("text/plain", """{"pass\u0077ord":"S3CRET",}""")]
    [InlineData("application/json", "{'password':'S3CRET'}")]
    [InlineData("application/json", "{password: 'S3CRET'}")]
    [InlineData("application/json", "{user=ada, password=S3CRET}")]
    [InlineData("application/xml", "<a><password>x<!-- c -->S3CRET</password></a>")]
    [InlineData("application/xml", "<a><password>x<![CDATA[S3CRET]]></password></a>")]
    [InlineData("application/xml", "<a><password><value>S3CRET</value></password></a>")]
    [InlineData("application/xml", "<!DOCTYPE a [<!ENTITY p 'S3CRET'>]><a><password>&p;</password></a>")]
    public void A_body_that_may_hide_one_is_left_out(string type, string body)
        => Assert.Null(_redactor.RedactBody(Encoding.UTF8.GetBytes(body), type));

    [Theory]
    [InlineData("application/json", "Not found")]
    [InlineData("application/json", """{"code":"NotFound","a":'x',}""")]
    [InlineData("text/plain", "[INFO] the status code: 5 of a key")]
    [InlineData("application/xml", "<a b='c'><!-- x --><d><![CDATA[e]]></d><code>x</code><password/><pwd></pwd></a>")]
    [InlineData("", "a=b")]
    public void What_is_harmless_stays(string type, string body) => Assert.Equal(body, Redact(body, type, Encoding.UTF8));

    [Theory]
    [InlineData("utf-16", "application/json; charset=utf-16")]
    [InlineData("utf-16", "application/json")]
    [InlineData("utf-16BE", "application/json; charset=utf-16be")]
    [InlineData("utf-16BE", "")]
    [InlineData("utf-32", "text/plain")]
    [InlineData("utf-8", "application/json")]
    public void Text_of_wide_characters_is_read(string encoding, string type)
    {
        foreach (string mark in new[] { string.Empty, "\ufeff" })
        {
            string body = $$"""{{mark}}{"password":"S3CRET"}""";
            Assert.EndsWith("""{"password":"***"}""", Redact(body, type, Encoding.GetEncoding(encoding)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Long_bodies_take_time_in_proportion_to_their_length()
    {
        foreach (string part in new[] { "{", "'a", "\\u0061", "a:", "<!--", "<![CDATA[", "<a>", "<!", "\\" })
        {
            string body = string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length));
            body = part == "<a>" ? $"<a {string.Concat(Enumerable.Repeat("name='code' value='x' ", 50_000))}/>" : body;
            foreach (string type in new[] { "application/json", "text/xml", string.Empty })
            {
                await Task.Run(() => _redactor.RedactBody(Encoding.UTF8.GetBytes(body), type)).Soon();
            }
        }
    }

    private string Redact(string body, string type, Encoding encoding)
        => encoding.GetString(_redactor.RedactBody(encoding.GetBytes(body), type)!);
}
