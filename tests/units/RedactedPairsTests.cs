using System.Text;
using PSNetLab.Engine.Http.Recordings;

namespace PSNetLab.Engine.Tests;

/// <summary>Secrets whose name is not beside them but in another member, attribute or element.</summary>
public sealed class RedactedPairsTests
{
    private readonly Redactor _redactor = new(["mine"]);

    [Theory]
    [InlineData("name", "value")]
    [InlineData("Name", "Value")]
    [InlineData("key", "value")]
    [InlineData("k", "v")]
    [InlineData("id", "value")]
    [InlineData("id", "val")]
    [InlineData("field", "value")]
    [InlineData("label", "value")]
    [InlineData("@name", "value")]
    [InlineData("header_name", "header_value")]
    [InlineData("ParameterKey", "ParameterValue")]
    [InlineData("name", "default")]
    [InlineData("Name", "StringValue")]
    public void A_member_may_have_the_name_of_another(string name, string value)
    {
        foreach (string secret in new[] { "password", "API Key", "client_secret", "Authorization", "mine" })
        {
            AssertJson($$"""[{"{{name}}":"user","{{value}}":"ada"},{"{{name}}":"{{secret}}","{{value}}":"S3CRET"}]""");
            AssertJson($$"""{"a":{"{{value}}":"S3CRET","x":1,"{{name}}":"{{secret}}"},"b":{"{{value}}":"good"} }""");
        }
    }

    [Theory]
    [InlineData("""{"name":"password","value":12345}""", """{"name":"password","value":"***"}""")]
    [InlineData("""{"name":"token","values":["S3CRET",{"a":"S3CRET"}]}""", """{"name":"token","values":"***"}""")]
    [InlineData("""{"key":"secret","value":{"stringValue":"S3CRET"}}""", """{"key":"secret","value":"***"}""")]
    [InlineData("""{"id":7,"label":"x","name":"pwd","value":"S3CRET"}""", """{"id":7,"label":"x","name":"pwd","value":"***"}""")]
    [InlineData("""[["user","ada"],["password","S3CRET"]]""", """[["user","ada"],["password","***"]]""")]
    [InlineData("""{"name":"code","value":"a1B2c3D4e5F6g7H8"}""", """{"name":"code","value":"***"}""")]
    public void Values_of_every_kind_are_taken_out(string body, string expected) => Assert.Equal(expected, Json(body));

    [Theory]
    [InlineData("""{"name":"password","value":null,"required":true}""")]
    [InlineData("""{"name":"code","value":"NotFound"}""")]
    [InlineData("""{"name":"user","value":"password"}""")]
    [InlineData("""{"name":"password","type":"string"}""")]
    [InlineData("""{"label":"The password was changed an hour ago","value":"yes"}""")]
    [InlineData("""{"required":["password","email"],"cookies":[]}""")]
    [InlineData("""["password","email"]""")]
    [InlineData("""[["password","email","x"],["a","b"],["password"]]""")]
    [InlineData("""{"a":"x = 1; y = 2","b":"k=v","c":"a=1&b=2"}""")]
    public void What_is_no_such_pair_stays(string body) => Assert.Equal(body, Json(body));

    [Fact]
    public void A_HAR_in_a_body_loses_the_secrets_of_all_its_parts()
    {
        const string Har = """
            {"request":{"headers":[{"name":"Accept","value":"*/*"},{"name":"Authorization","value":"Bearer S3CRET"}],
            "cookies":[{"name":"PHPSESSID","value":"S3CRET","path":"/"}],
            "queryString":[{"name":"q","value":"tea"},{"name":"api_key","value":"S3CRET"}],
            "postData":{"mimeType":"application/x-www-form-urlencoded","text":"user=ada&password=S3CRET",
            "params":[{"name":"user","value":"ada"},{"name":"password","value":"S3CRET"}]}}}
            """;

        string redacted = Json(Har.ReplaceLineEndings(string.Empty));

        Assert.Equal(Har.ReplaceLineEndings(string.Empty).Replace("Bearer S3CRET", "***", StringComparison.Ordinal)
            .Replace("S3CRET", "***", StringComparison.Ordinal), redacted);
    }

    [Theory]
    [InlineData("""{"cookies":{"name":"S3CRET","b":"S3CRET","n":1}}""", """{"cookies":{"name":"***","b":"***","n":1}}""")]
    [InlineData("""{"requestCookies":["a=S3CRET; Path=/"]}""", """{"requestCookies":["***"]}""")]
    public void All_cookies_are_secrets(string body, string expected) => Assert.Equal(expected, Json(body));

    [Theory]
    [InlineData("user=ada&password=S3CRET", "user=ada&password=***")]
    [InlineData("grant_type=password&client_secret=S3CRET&x%5By%5D=1", "grant_type=password&client_secret=***&x%5By%5D=1")]
    [InlineData("Server=db;User ID=sa;Password=S3;CRET", "Server=db;User ID=sa;Password=***")]
    [InlineData("a=1;b=2;c=3;d=4;e=5;f=6;Pwd=S3CRET;", "a=1;b=2;c=3;d=4;e=5;f=6;Pwd=***")]
    [InlineData("Protocol=https;AccountName=x;AccountKey=S3CRET==;", "Protocol=https;AccountName=x;AccountKey=***")]
    public void A_text_may_be_a_form(string text, string expected)
    {
        Assert.Equal($$"""{"data":"{{expected}}"}""", Json($$"""{"data":"{{text}}"}"""));
    }

    [Theory]
    [InlineData("/?a=1;b=2;c=3;d=4;e=5;f=6;token=S3;CRET&g=7", "/?a=1;b=2;c=3;d=4;e=5;f=6;token=***&g=7")]
    [InlineData("/?a=1;https://x/?sig=S3CRET;b=2", "/?a=1;https://x/?sig=***")]
    public void Pairs_between_semicolons_are_looked_at_however_many_there_are(string target, string expected)
        => Assert.Equal(expected, _redactor.RedactTarget(target));

    [Theory]
    [InlineData("""<add key="ApiKey" value="S3CRET"/><add key="Color" value="red"/>""")]
    [InlineData("""<add value='S3CRET' key='ApiKey'/><add key='Color' value='red'/>""")]
    [InlineData("""<property name="password">S3CRET</property><property name="user">ada</property>""")]
    [InlineData("""<p><name>password</name> <value>S3CRET</value></p><p><name>user</name><value>ada</value></p>""")]
    [InlineData("""<p><name>password</name><final>true</final><value>S3CRET</value></p>""")]
    [InlineData("""<dict><key>Password</key><string>S3CRET</string><key>User</key><string>ada</string></dict>""")]
    [InlineData("""<a password='S3CRET' user='ada'/>""")]
    [InlineData("""<a><password>S3CRET</password><b>x</b></a>""")]
    public void Pairs_of_XML_are_seen(string body)
        => Assert.Equal(body.Replace("S3CRET", "***", StringComparison.Ordinal), Body(body, "application/xml"));

    [Fact]
    public void A_section_of_characters_hides_nothing()
        => Assert.Equal("<a><password>***</password><b><![CDATA[x]]></b></a>",
            Body("<a><password><![CDATA[S3<CRET]]></password><b><![CDATA[x]]></b></a>", "text/xml"));

    [Fact]
    public void A_pair_in_what_is_not_quite_JSON_leaves_the_body_out()
        => Assert.Null(_redactor.RedactBody("""[{"value":"S3CRET","name":"password"},"""u8.ToArray(), "application/json"));

    [Fact]
    public async Task Long_bodies_take_time_in_proportion_to_their_length()
    {
        const int Length = 200_000;
        string[] parts = ["""{"name":"password","value":"x"},""", """["password","x"],""", "\"a=1;b=2&c=3\","];
        foreach (string part in parts)
        {
            string body = $"[{string.Concat(Enumerable.Repeat(part, Length / part.Length))}0]";
            await Task.Run(() => Json(body)).Soon();
        }

        foreach (string part in new[] { "a=1;", "a=1&", "a=", "a b=;", ";;" })
        {
            string text = string.Concat(Enumerable.Repeat(part, Length / part.Length));
            await Task.Run(() => Json($$"""{"text":"{{text}}\n"}""")).Soon();
        }

        foreach (string part in new[] { "<a><![CDATA[", "<a b='", "<a b=\"c\" ", "<name>password</name>", "<a x='y\">" })
        {
            string body = string.Concat(Enumerable.Repeat(part, Length / part.Length));
            await Task.Run(() => Body(body, "text/xml")).Soon();
        }
    }

    private void AssertJson(string body)
        => Assert.Equal(body.Replace("S3CRET", "***", StringComparison.Ordinal).Replace(" }", "}", StringComparison.Ordinal), Json(body));

    private string Json(string body) => Body(body, "application/json");

    private string Body(string body, string type) => Encoding.UTF8.GetString(_redactor.RedactBody(Encoding.UTF8.GetBytes(body), type)!);
}
