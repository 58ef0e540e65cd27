using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>What routes and assertions compare, and how they explain it.</summary>
public sealed class StubCriteriaTests
{
    [Theory]
    [InlineData("1", "1.0", null)]
    [InlineData("1e2", "100", null)]
    [InlineData("{\"a\":1}", "{\"b\":2,\"a\":1}", null)]
    [InlineData("{\"a\":{\"b\":[1,{\"c\":2}]}}", "{\"a\":{\"b\":[1,{\"c\":2,\"d\":3}]}}", null)]
    [InlineData("{}", "{\"a\":1}", null)]
    [InlineData("{\"a\":1}", "{}", "$.a: expected 1, but it is missing")]
    [InlineData("{\"a\":1}", "{\"A\":1}", "$.a: expected 1, but it is missing")]
    [InlineData("{\"a\":[1,2]}", "{\"a\":[2,1]}", "$.a[0]: expected 1, got 2")]
    [InlineData("[1]", "[1,2]", "$: expected 1 elements, got 2")]
    [InlineData("{\"a\":null}", "{\"a\":false}", "$.a: expected null, got false")]
    [InlineData("\"1\"", "1", "$: expected \"1\", got 1")]
    [InlineData("{}", "[]", "$: expected {}, got []")]
    public void Json_is_compared_as_a_subset(string expected, string actual, string? difference)
        => Assert.Equal(difference,
            JsonSubset.FirstDifference(JsonDocument.Parse(expected).RootElement, JsonDocument.Parse(actual).RootElement));

    [Fact]
    public void Values_are_compared_as_text_as_a_pattern_or_by_their_presence()
    {
        string[] two = ["a", "b"];
        Assert.True(ValueCriterion.Exactly("b").Fits(two));
        Assert.False(ValueCriterion.Exactly("B").Fits(two));
        Assert.True(ValueCriterion.Like(new Regex("^[bc]")).Fits(two));
        Assert.True(ValueCriterion.Present.Fits(two));
        Assert.False(ValueCriterion.Present.Fits([]));
        Assert.True(ValueCriterion.Absent.Fits([]));
        Assert.False(ValueCriterion.Absent.Fits(two));
    }

    [Fact]
    public void A_pattern_that_never_ends_is_no_match_after_a_second()
    {
        ValueCriterion match = ValueCriterion.Like(new Regex("^(a+)+$", RegexOptions.None, TimeSpan.FromMilliseconds(50)));
        Assert.False(match.Fits([new string('a', 40) + "!"]));
        Assert.Equal(Patterns.Longest, Patterns.WithLimit(new Regex("a")).MatchTimeout);
    }

    [Fact]
    public void Credentials_are_compared_but_not_shown()
    {
        RequestCriteria criteria = new() { Headers = [("Authorization", ValueCriterion.Exactly("Bearer good"))] };
        HttpRequestRecord request = StubServer.Request("GET /", "Authorization: Bearer bad\r\n");

        Assert.False(criteria.Fits(request));
        Assert.True(criteria.Fits(StubServer.Request("GET /", "authorization: Bearer good\r\n")));
        Verdict verdict = Assert.Single(criteria.Judge(request));
        Assert.DoesNotContain("good", verdict.Expected, StringComparison.Ordinal);
        Assert.DoesNotContain("bad", verdict.Got, StringComparison.Ordinal);
        Assert.Equal("Bearer bad", request.GetHeader("AUTHORIZATION"));
        Assert.Equal("Bearer ***", request.HeaderTable["Authorization"]);
    }

    [Fact]
    public void The_nearest_routes_are_told_with_a_verdict_for_each_criterion()
    {
        HttpRoute[] routes =
        [
            StubServer.Route("GET /users/{id}", "x"),
            StubServer.Route("DELETE /user/{id}", "x"),
            .. Enumerable.Range(0, 100).Select(i => StubServer.Route($"GET /other/{i}/thing", "x")),
        ];
        Unmatched unmatched = new(StubServer.Request("GET /user/7?a=b"), new RouteTable(routes));

        string[] lines = unmatched.Text.Split('\n');
        Assert.Contains("GET /user/7?a=b", lines[0], StringComparison.Ordinal);
        Assert.Contains("DELETE /user/{id}", lines);
        Assert.Contains("  \u2717 Method: expected DELETE, got GET", lines);
        Assert.Contains("  \u2713 Path: /user/{id}", lines);
        Assert.Contains("GET /users/{id}", lines);
        Assert.Contains("  \u2717 Path: expected /users/{id}, got /user/7", lines);
        Assert.Equal(404, JsonDocument.Parse(unmatched.Json).RootElement.GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData(1, RouteEnd.Last, "Times: expected at most 1 answers, got 1 before this request")]
    [InlineData(null, RouteEnd.Unmatched, "Sequence: expected at most 2 answers, got 2 before this request")]
    public void A_route_that_is_over_says_so(int? times, RouteEnd end, string expected)
    {
        HttpRoute route = StubServer.Route("/a", new RouteSettings { Times = times, AtEnd = end }, "x", "y");
        while (route.TryUse() is not null)
        {
        }

        Assert.Contains(expected,
            new Unmatched(StubServer.Request("GET /a"), new RouteTable([route])).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RouteEnd.Last, "1 2 3 3 3")]
    [InlineData(RouteEnd.Repeat, "1 2 3 1 2")]
    [InlineData(RouteEnd.Unmatched, "1 2 3 - -")]
    public void A_sequence_ends_as_it_should(RouteEnd end, string expected)
    {
        HttpRoute route = StubServer.Route("/a", new RouteSettings { AtEnd = end }, "1", "2", "3");
        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, 5).Select(_ => route.TryUse() is { } answer
            ? Encoding.ASCII.GetString(answer.Bytes) : "-")));
    }

    [Fact]
    public void Probability_is_what_it_says()
    {
        HttpRoute rarely = StubServer.Route("/a", new RouteSettings { Probability = 0.2 }, "x");
        int used = Enumerable.Range(0, 10_000).Count(_ => rarely.TryUse() is not null);
        Assert.InRange(used, 1600, 2400);
        Assert.Equal(used, rarely.Hits);
        Assert.Null(StubServer.Route("/a", new RouteSettings { Probability = 0 }, "x").TryUse());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Probability_is_asked_once_for_each_request(bool isSlowBehind)
    {
        HttpRoute rarely = StubServer.Route("/a", new RouteSettings { Probability = 0.2 }, "x");
        HttpRoute slow = new(
            StubServer.Criteria("/{b}") with { Headers = [("Host", ValueCriterion.Like(new Regex("^a$")))] }, [new StubAnswer()],
            new RouteSettings());
        await using StubServer server = new(isSlowBehind ? [rarely, slow] : [rarely]);
        using HttpPeer peer = await server.ConnectAsync();
        int answered = 0;
        for (int i = 0; i < 1000; i++)
        {
            answered += (await peer.GetAsync("/a")).Text == "x" ? 1 : 0;
        }

        Assert.InRange(answered, 130, 270);
        Assert.Equal(answered, server.Handler.InOrder[0].Hits);
    }

    [Theory]
    [InlineData("charset=utf-7")] // .NET refuses it
    [InlineData("charset=no-such-one")]
    public async Task A_body_in_a_charset_that_is_not_read_is_compared_as_UTF_8(string charset)
    {
        RequestCriteria criteria = StubServer.Criteria("POST /") with { Body = BodyMatch.Exactly("hi") };
        await using StubServer server = new(new HttpRoute(criteria, [new StubAnswer { Status = 202 }], new RouteSettings()));
        using HttpPeer peer = await server.ConnectAsync();

        await peer.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain; {charset}\r\nContent-Length: 2\r\n\r\nhi");

        Assert.Equal(202, (await peer.AnswerAsync()).Status);
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Fact]
    public void A_message_of_a_WebSocket_is_UTF_8_whatever_its_request_said()
    {
        HttpRequestRecord request = StubServer.Request("GET /", "Content-Type: text/plain; charset=utf-16\r\n");

        Assert.Equal("h\u00e9", request.ToMessage(WebSocketMessageType.Text, Encoding.UTF8.GetBytes("h\u00e9")).Text);
    }

    [Fact]
    public void An_expectation_that_is_not_met_shows_the_nearest_requests()
    {
        HttpRequestRecord[] requests = [StubServer.Request("POST /pay"), StubServer.Request("GET /users/7"),
            StubServer.Request("POST /pay")];
        RequestExpectation exactly = new([StubServer.Criteria("POST /pay")], (3, 3), inOrder: false);
        Assert.Equal(ExpectationState.TooFew, exactly.Compare(requests, out HttpRequestRecord[] found));
        Assert.Equal(2, found.Length);
        Assert.StartsWith("Expected exactly 3 requests POST /pay, but 2 were received.", exactly.Fault(requests, 0, 0).Message,
            StringComparison.Ordinal);

        RequestExpectation atLeast = new([StubServer.Criteria("GET /user/{id}")], (1, int.MaxValue), inOrder: false);
        Assert.Contains("\u2717 Path: expected /user/{id}, got /users/7", atLeast.Fault(requests, 0, 0).Message, StringComparison.Ordinal);

        RequestExpectation never = new([StubServer.Criteria("/pay")], (0, 0), inOrder: false);
        Assert.Equal(ExpectationState.TooMany, never.Compare(requests, out _));
        Assert.Contains("2 were received", never.Fault(requests, 0, 0).Message, StringComparison.Ordinal);

        RequestExpectation ordered = new([StubServer.Criteria("GET /users/{id}"), StubServer.Criteria("POST /pay")], (1, int.MaxValue),
            inOrder: true);
        Assert.Equal(ExpectationState.Met, ordered.Compare(requests, out found));
        Assert.Equal(requests[1..], found);
        RequestExpectation wrong = new([StubServer.Criteria("GET /users/{id}"), StubServer.Criteria("GET /users/{id}")],
            (1, int.MaxValue), inOrder: true);
        Assert.Contains("after 'GET /users/{id}' there was no 'GET /users/{id}'", wrong.Fault(requests, 0, 0).Message,
            StringComparison.Ordinal);
    }
}
