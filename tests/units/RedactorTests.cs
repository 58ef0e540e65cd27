using System.Text;
using PSNetLab.Engine.Http.Recordings;

namespace PSNetLab.Engine.Tests;

/// <summary>One table of names, wherever a secret stands; and what is harmless stays.</summary>
public sealed class RedactorTests
{
    private readonly Redactor _redactor = new(["mine"]);

    public static TheoryData<string> Names => new(
        "password", "client_secret", "X-Functions-Key", "Ocp-Apim-Subscription-Key", "X-Auth-Key", "x-api-key", "client_assertion",
        "SAMLResponse", "id_token", "sig", "key", "code", "X-Amz-Signature", "X-Amz-Credential", "sid", "jwt", "AccountKey", "mine");

    [Theory]
    [MemberData(nameof(Names))]
    public void A_name_of_the_table_counts_everywhere(string name)
    {
        const string Secret = "S3CRETs3cretS3CRET";
        string encoded = name.Replace("_", "%5F", StringComparison.Ordinal);
        string nested = Uri.EscapeDataString($"https://h/?{name}={Secret}");
        Assert.Equal($"/a?x=1&{name}=***&y=2", Target($"/a?x=1&{name}={Secret}&y=2"));
        Assert.Equal($"/a?{encoded}=***", Target($"/a?{encoded}={Secret}"));
        Assert.Equal($"/a?to={Uri.EscapeDataString($"https://h/?{name}=***")}&z", Target($"/a?to={nested}&z"));
        Assert.Equal($"x=1&{name}=***", Body($"x=1&{name}={Secret}", "application/x-www-form-urlencoded"));
        Assert.Equal($$"""{"{{name}}":"***","a":1}""", Body($$"""{"{{name}}":"{{Secret}}","a":1}""", "application/json"));
        Assert.Equal($$"""{"u":"https://h/p?{{name}}=***#{{name}}=***"}""",
            Body($$"""{"u":"https://h/p?{{name}}={{Secret}}#{{name}}={{Secret}}"}""", "application/json"));
        Assert.Equal($$"""{"in":"{\u0022{{name}}\u0022:\u0022***\u0022}"}""",
            Body($$"""{"in":"{\"{{name}}\":\"{{Secret}}\"}"}""", "application/json").Replace("\\\"", "\\u0022", StringComparison.Ordinal));
        Assert.Equal($$"""[{"{{name}}": "***", """, Body($$"""[{"{{name}}": "{{Secret}}", """, "text/plain"));
        Assert.Equal($"<a><n:{name} x='1'>***</n:{name}></a>", Body($"<a><n:{name} x='1'>{Secret}</n:{name}></a>", "application/soap+xml"));
        Assert.Equal($"<a {name}=\"***\"/>", Body($"<a {name}=\"{Secret}\"/>", "text/xml"));
        Assert.Equal($"<a href=\"/x?a=1&amp;{name}=***\">", Body($"<a href=\"/x?a=1&amp;{name}={Secret}\">", "text/html"));
        Assert.Equal("***", Field(name, Secret));
        Assert.Equal($"<https://h/?{name}=***>; rel=next", Field("Link", $"<https://h/?{name}={Secret}>; rel=next"));
        Assert.Equal($"v=1, {name}=***", Field("X-Other", $"v=1, {name}=\"{Secret}\""));
        Assert.Equal($"id={"***"}; Path=/", Field("Set-Cookie", $"id={Secret}; Path=/"));
    }

    [Theory]
    [InlineData("https://user:S3CRET@h/x", "https://***@h/x")]
    [InlineData("https://user:S3C@RET@h/x?a", "https://***@h/x?a")]
    [InlineData("/next#access_token=S3CRET&a=1", "/next#access_token=***&a=1")]
    [InlineData("https://h/#/route?token=S3CRET", "https://h/#/route?token=***")]
    public void User_info_and_fragments_are_redacted_in_fields_and_bodies(string uri, string expected)
    {
        Assert.Equal(expected, Field("Location", uri));
        Assert.Equal($"see {expected} now", Body($"see {uri} now", "text/plain"));
        Assert.Equal($$"""["{{expected}}"]""", Body($$"""["{{uri}}"]""", "application/json"));
    }

    [Theory]
    [InlineData("Bearer S3CRET", "Bearer ***")]
    [InlineData("bearer S3CRET", "bearer ***")]
    [InlineData("S3CRET", "***")]
    [InlineData("S3CRET x", "***")]
    [InlineData("token=S3CRET, x=1", "***")]
    [InlineData("AWS4-HMAC-SHA256 Credential=S3CRET", "AWS4-HMAC-SHA256 ***")]
    public void Only_known_schemes_stay(string value, string expected) => Assert.Equal(expected, Field("Authorization", value));

    [Theory]
    [InlineData("application/json", """{"code":"NotFound","key":"color","primaryKey":"S3cretS3cret1234","auth":true,"session":{"a":1}}""")]
    [InlineData("application/json", """{ "token": null, "tokenType" : "x", "text": "a ? b # c = d", "n": 1.0 }""")]
    [InlineData("text/plain", "What? x=1 #1 key=5 a://b")]
    [InlineData("image/png", "\u0089PNG\0\u0001?key=S3CRET")]
    public void What_is_harmless_stays_to_the_byte(string type, string body) => Assert.Equal(body, Body(body, type));

    [Theory]
    [InlineData("multipart/form-data; boundary=b", "no boundary password=S3CRET")]
    [InlineData("application/json", """{"a":1,"password":{"x":"S3CRET"},""")]
    public void A_body_in_which_a_secret_cannot_be_found_is_left_out(string type, string body)
    {
        RecordedExchange redacted = _redactor.Redact(new RecordedExchange
        {
            Method = "POST", Target = "/", Status = 200, RequestBody = Encoding.UTF8.GetBytes(body), Body = Encoding.UTF8.GetBytes(body),
            RequestFields = [new("Content-Type", type)], Fields = [new("Content-Type", type)],
        });

        Assert.Null(redacted.RequestBody);
        Assert.Empty(redacted.Body);
        Assert.Contains("secrets", redacted.RequestOmitted, StringComparison.Ordinal);
        Assert.Contains("secrets", redacted.Omitted, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_are_redacted_by_their_own_types()
    {
        const string Part = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\nContent-Type: application/json\r\n\r\n{0}\r\n--b--\r\n";

        Assert.Equal(Part.Replace("{0}", """{"token":"***"}""", StringComparison.Ordinal),
            Body(Part.Replace("{0}", """{"token":"S3CRET"}""", StringComparison.Ordinal), "multipart/mixed; boundary=b"));
    }

    [Theory]
    [InlineData("Content-Disposition: form-data; name=\"password\"")]
    [InlineData("content-disposition:form-data;name=password")]
    [InlineData("Content-Type: text/plain\r\nContent-Disposition: form-data;\r\n name=\"password\"")]
    [InlineData("Content-Disposition: form-data; filename=a;\r\n\tname=\"password\"")]
    [InlineData("Content-Disposition: form-data; name=\"private_key\"; filename=\"key.pem\"\r\nContent-Type: application/octet-stream")]
    public void A_part_of_a_secret_name_is_redacted(string fields)
        => Assert.Equal($"--b\r\n{fields}\r\n\r\n***\r\n--b--\r\n",
            Body($"--b\r\n{fields}\r\n\r\nS3CRET\r\n--b--\r\n", "multipart/form-data; boundary=b"));

    [Fact]
    public void A_file_of_a_vague_name_stays()
    {
        const string File = "--b\r\nContent-Disposition: form-data; name=\"key\"; filename=\"a\"\r\n\r\nx\r\n--b--\r\n";

        Assert.Equal(File, Body(File, "multipart/form-data; boundary=b"));
    }

    [Fact]
    public async Task Long_bodies_take_time_in_proportion_to_their_length()
    {
        const int Length = 1_000_000;
        foreach (string text in new[] { "a", "?", "?a=", "://", "#x", "\"", "<a", "&amp;", "a=;", "\"k\":" })
        {
            foreach (string type in new[] { "text/plain", "text/xml", "application/json", "application/x-www-form-urlencoded" })
            {
                string body = string.Concat(Enumerable.Repeat(text, Length / text.Length));
                await Task.Run(() => Body(body, type)).Soon();
            }
        }
    }

    [Fact]
    public async Task Parts_take_time_in_proportion_to_their_length()
    {
        const int Length = 3_000_000;
        string breaks = string.Concat(Enumerable.Repeat("\r\n", Length));
        string body = $"{breaks}\r\n--b\r\n\r\n{breaks}{new string('b', Length)}\r\n--b--";

        Assert.Equal(body, await Task.Run(() => Body(body, "multipart/mixed; boundary=b")).Soon());
    }

    [Theory]
    [InlineData("--b\r\npassword=S3CRET\r\n--b--")]
    [InlineData("--b\r\n\r\nx\r\n--b\r\npassword=S3CRET\r\n--b--")]
    public void A_part_without_content_hides_nothing(string body)
        => Assert.DoesNotContain("S3CRET", Body(body, "multipart/form-data; boundary=b"), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"a":"\ud800","token":"S3CRET"}""")]
    [InlineData("""{"\udfff":"\ud83d\ude00","b":["\uD83D","\\ud800"],"token":"S3CRET"}""")]
    public void Half_a_character_in_JSON_hides_nothing(string body)
    {
        string redacted = Body(body, "application/json");

        Assert.DoesNotContain("S3CRET", redacted, StringComparison.Ordinal);
        Assert.Contains("\uFFFD", redacted, StringComparison.Ordinal);
    }

    private string Target(string target)
        => _redactor.Redact(new RecordedExchange { Method = "GET", Target = target, Status = 200 }).Target;

    private string Field(string name, string value) => Assert.Single(_redactor.Redact(
        new RecordedExchange { Method = "GET", Target = "/", Status = 200, Fields = [new(name, value)] }).Fields).Value;

    private string Body(string body, string type) => Encoding.UTF8.GetString(_redactor.Redact(new RecordedExchange
    {
        Method = "GET", Target = "/", Status = 200, Body = Encoding.UTF8.GetBytes(body), Fields = [new("Content-Type", type)],
    }).Body);
}
