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
    [InlineData("text/plain", "password: S3CRET", "password: \"***\"")]
    [InlineData("text/plain", "api_key = S3CRET", "api_key = ***")]
    [InlineData("text/plain; charset=utf-16", "user: ada\r\nClient secret: S3CRET\r\n", "user: ada\r\nClient secret: \"***\"\r\n")]
    [InlineData("", "A=1\nexport API_KEY='S3CRET'\nB=2\n", "A=1\nexport API_KEY=\"***\"\nB=2\n")]
    [InlineData("", "A=1\nURL=/x&b=2\nPASSWORD=S3CRET\n", "A=1\nURL=/x&b=2\nPASSWORD=***\n")]
    [InlineData("", "PRIVATE_KEY=\"-----BEGIN\nS3CRET\n-----END\"\nB=2", "PRIVATE_KEY=\"***\"\nB=2")]
    [InlineData("application/yaml", "db:\n  password: S3CRET\n  host: h\n", "db:\n  password: \"***\"\n  host: h\n")]
    [InlineData("text/x-yaml", "- token: S3CRET # x\n  a: b\n- 'pwd' : |\n    S3CRET\n\n    S3CRET\n  c: d",
        "- token: \"***\"\n  a: b\n- 'pwd' : \"***\"\n\n  c: d")]
    [InlineData("application/yaml", "passwords:\n- S3CRET\n- S3CRET\na: b", "passwords:\n- \"***\"\na: b")]
    [InlineData("application/yaml", "secret:\n  a: S3CRET\n  b: S3CRET\na: b", "secret:\n  \"***\"\na: b")]
    [InlineData("application/yaml", "- name: DB_PASSWORD\n  value: S3CRET\n- name: HOST\n  value: h",
        "- name: DB_PASSWORD\n  value: \"***\"\n- name: HOST\n  value: h")]
    [InlineData("application/yaml", "key: S3CRETs3cretS3CRET1\ncode: NotFound", "key: \"***\"\ncode: NotFound")]
    public void A_line_of_a_secret_name_is_taken_out(string type, string body, string expected)
    {
        Encoding encoding = type.EndsWith("utf-16", StringComparison.Ordinal) ? Encoding.Unicode : Encoding.UTF8;
        string redacted = Redact(body, type, encoding);

        Assert.Equal(expected, redacted);
        Assert.Equal(expected, Redact(redacted, type, encoding));
    }

    [Fact]
    public void Quotes_that_do_not_end_hide_all_that_follows()
        => Assert.Null(_redactor.RedactBody("a: b\npassword: 'S3CRET\nc: d"u8.ToArray(), "application/yaml"));

    [Theory]
    [InlineData("application/json", "Not found")]
    [InlineData("application/json", """{"code":"NotFound","a":'x',}""")]
    [InlineData("text/plain", "[INFO] the status code: 5 of a key")]
    [InlineData("application/xml", "<a b='c'><!-- x --><d><![CDATA[e]]></d><code>x</code><password/><pwd></pwd></a>")]
    [InlineData("", "a=b")]
    [InlineData("text/plain", "What is your password?\nNo: 5\r\n the token is here\n\n")]
    [InlineData("text/plain", "password:\n\nuser: x\ntoken: null\nsecret: true\nkey: value\nhttps://token")]
    [InlineData("text/javascript", "var a = 1;\npassword = b;\n")]
    [InlineData("application/yaml", "- name: host\n  value: h\n- a: 'password: x'\n")]
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
        string[] parts =
        [
            "{", "'a", "\\u0061", "a:", "<!--", "<![CDATA[", "<a>", "<!", "\\",
            "- ", "a\n", "a: b\n", "token: x\n ", "\"\n", " ", "key='\n", "a -",
        ];
        foreach (string part in parts)
        {
            string body = string.Concat(Enumerable.Repeat(part, 300_000 / part.Length));
            body = part == "<a>" ? $"<a {string.Concat(Enumerable.Repeat("name='code' value='x' ", 50_000))}/>" : body;
            foreach (string type in new[] { "application/json", "text/xml", "application/yaml", string.Empty })
            {
                await Task.Run(() => _redactor.RedactBody(Encoding.UTF8.GetBytes(body), type)).Soon();
            }
        }
    }

    private string Redact(string body, string type, Encoding encoding)
        => encoding.GetString(_redactor.RedactBody(encoding.GetBytes(body), type)!);
}
