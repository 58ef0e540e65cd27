using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>What a peer chose commands no terminal and forges no line, in whatever message it is shown.</summary>
public sealed class PeerMessageTests
{
    private const string Hostile = "a\u001b[2J\u0007\u009b31m\u202e\u0085";
    private const string Sent = "a%1b[2J%07%0d%0aFORGED%c2%9b31m%e2%80%ae";

    [Fact]
    public async Task Warnings_and_pages_of_requests_without_a_route_show_symbols()
    {
        RequestCriteria criteria = new()
        {
            Methods = ["GET"],
            Path = PathPattern.Parse("/x/{id}"),
            Query = [("q", ValueCriterion.Exactly("ok"))],
            Headers = [("X-T", ValueCriterion.Exactly("v"))],
        };
        await using StubServer server = new(
            new StubOptions { Secrets = new Redactor() }, new HttpRoute(criteria, [new StubAnswer()], new RouteSettings()));

        HttpAnswer answer = await server.AskAsync("GET", $"/x/{Sent}?q={Sent}&token=S3CRET", "X-T: \u009b31m");
        await Waiting.Until(() => server.Unmatched.Count == 1);

        Assert.Equal(404, answer.Status);
        AssertVisible(server.Unmatched[0]);
        AssertVisible(Encoding.UTF8.GetString(answer.Body).Replace("\n", string.Empty, StringComparison.Ordinal));
        Assert.DoesNotContain("\nFORGED", Encoding.UTF8.GetString(answer.Body), StringComparison.Ordinal);
        Assert.Contains("token=***", server.Unmatched[0], StringComparison.Ordinal);
        Assert.DoesNotContain("S3CRET", server.Unmatched[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    public async Task No_verdict_shows_a_secret(string accept)
    {
        RequestCriteria criteria = new()
        {
            Methods = ["GET"],
            Path = PathPattern.Parse("/data"),
            Query = [("token", ValueCriterion.Exactly("S3CRET1")), ("to", ValueCriterion.Exactly("https://app/?token=S3CRET2"))],
            Headers =
            [
                ("X-Api-Key", ValueCriterion.Exactly("S3CRET3")), ("Cookie", ValueCriterion.Like(new Regex("S3CRET4"))),
                ("Authorization", ValueCriterion.Exactly("Bearer S3CRET5")), ("X-Plain", ValueCriterion.Exactly("seen")),
            ],
        };
        await using StubServer server = new(
            new StubOptions { Secrets = new Redactor() }, new HttpRoute(criteria, [new StubAnswer()], new RouteSettings()));

        HttpAnswer answer = await server.AskAsync("GET", "/data?token=S3CRET6&to=https://app/%3Ftoken=S3CRET7", $"Accept: {accept}",
            "X-Api-Key: S3CRET8", "Cookie: id=S3CRET9", "Authorization: Bearer S3CRET0", "X-Plain: shown");
        await Waiting.Until(() => server.Unmatched.Count == 1);

        Assert.DoesNotContain("S3CRET", server.Unmatched[0], StringComparison.Ordinal);
        Assert.Contains("Query token: expected ***, got '***'", server.Unmatched[0], StringComparison.Ordinal);
        Assert.Contains("expected 'seen', got 'shown'", server.Unmatched[0], StringComparison.Ordinal);

        // The client may be shown what it sent itself, but not what a route expects.
        Assert.DoesNotMatch("S3CRET[1-5]", answer.Text);
    }

    [Theory]
    [InlineData("application/json", """{"a":1,"password":"S3CRET"}""")]
    [InlineData("application/json", """{"a":2,"password":"S3CRET","in":{"token":["S3CRET"]}}""")]
    [InlineData("application/json", """{"a":2,"b":{"name":"password","value":"S3CRET"}}""")]
    [InlineData("application/json", """{"a":2,"password":"S3CRET",""")]
    [InlineData("application/x-www-form-urlencoded", "a=2&password=S3CRET")]
    [InlineData("text/plain; charset=utf-16", "a=2&password=S3CRET")]
    [InlineData("multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nS3CRET\r\n--b--\r\n")]
    [InlineData("multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data;\r\n name=\"password\"\r\n\r\nS3CRET\r\n--b--\r\n")]
    [InlineData("multipart/form-data; boundary=c",
        "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nS3CRET\r\n--b--\r\n")]
    public void No_verdict_of_a_body_shows_a_secret(string type, string body)
    {
        byte[] bytes = (type.EndsWith("utf-16", StringComparison.Ordinal) ? Encoding.Unicode : Encoding.UTF8).GetBytes(body);
        HttpRequestRecord request = StubServer.Request("POST /", $"Content-Type: {type}\r\n");
        request.BodyBytes = bytes;
        BodyMatch[] bodies =
        [
            BodyMatch.Exactly("x"), BodyMatch.Like(new Regex("^x")), BodyMatch.Exactly("a=1&token=EXPECTED"),
            BodyMatch.With("""{"password":"EXPECTED","a":1,"in":{"token":["EXPECTED"]}}"""u8.ToArray()),
            BodyMatch.By(new RecordedBody("""{"password":"EXPECTED"}"""u8.ToArray(), "application/json", new Redactor())),
        ];
        foreach (BodyMatch match in bodies)
        {
            RequestCriteria criteria = new() { Methods = ["POST"], Path = PathPattern.Parse("/"), Body = match };
            Unmatched unmatched = new(
                request, new RouteTable([new HttpRoute(criteria, [new StubAnswer()], new RouteSettings())]), new Redactor());

            foreach (string text in new[] { unmatched.Summary, unmatched.Text, Encoding.UTF8.GetString(unmatched.Json) })
            {
                Assert.Contains("Body", text, StringComparison.Ordinal);
                Assert.DoesNotContain("S3CRET", text, StringComparison.Ordinal);
                Assert.DoesNotContain("EXPECTED", text, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("""{"password":"right","a":1}""", """{"a":2,"password":"wrong"}""", "$.password: expected \"***\", got \"***\"")]
    [InlineData("""{"a":1,"password":"x"}""", """{"a":2,"password":"x"}""", "$.a: expected 1, got 2")]
    [InlineData("""{"password":"right"}""", """{"password":"wrong"}""", "$.password: expected \"***\", got \"***\"")]
    [InlineData("""{"password":"right"}""", """{"password":null}""", "$.password: expected \"***\", got null")]
    [InlineData("""{"password":"right"}""", "{}", "$.password: expected \"***\", but it is missing")]
    [InlineData("""{"token":["right"]}""", """{"token":["wrong"]}""", "$.token[0]: expected \"***\", got \"***\"")]
    [InlineData("""{"b":[1,{"name":"password","value":"right"}]}""", """{"b":[1,{"name":"password","value":"wrong"}]}""",
        "$.b[1].value: expected \"***\", got \"***\"")]
    public void A_body_that_differs_in_a_secret_is_told_where(string expected, string actual, string difference)
    {
        HttpRequestRecord request = StubServer.Request("POST /", "Content-Type: application/json\r\n", actual);

        Assert.Equal(difference, BodyMatch.With(Encoding.UTF8.GetBytes(expected)).Difference(request, new Redactor()));
    }

    [Fact]
    public void Errors_of_assertions_show_symbols()
    {
        HttpRequestRecord request = StubServer.Request($"POST /pay/{Sent}\u009b", "X-T: \u009b31m\r\n",
            "{\"a\":\"\u202e\", \"b\":\u0020\r\n5}");
        BodyMatch[] bodies =
            [BodyMatch.Exactly("x"), BodyMatch.Like(new Regex("^x")), BodyMatch.With("""{"b":6}"""u8.ToArray()),
            BodyMatch.With("""{"a":6}"""u8.ToArray())];
        foreach (BodyMatch body in bodies)
        {
            RequestCriteria criteria = new()
            {
                Methods = ["POST"], Path = PathPattern.Parse("/pay/x"), Headers = [("X-T", ValueCriterion.Exactly("v"))], Body = body,
            };
            RequestExpectation expectation = new([criteria], (1, 1), inOrder: false);
            string message = expectation.Fault([request], 0, 0).Message;

            AssertVisible(message.Replace("\n", string.Empty, StringComparison.Ordinal));
            Assert.DoesNotContain("\nFORGED", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Hostile)]
    [InlineData("b\rFORGED")]
    public void No_error_commands_a_terminal(string text)
    {
        string message = new NetLabException(FaultKind.SocketError, $"It said '{text}'.\nTry again.").Message;

        AssertVisible(message.Replace("\n", string.Empty, StringComparison.Ordinal));
        Assert.EndsWith(".\nTry again.", message, StringComparison.Ordinal);
    }

    private static void AssertVisible(string text) => Assert.Equal(PeerText.Visible(text), text);
}
