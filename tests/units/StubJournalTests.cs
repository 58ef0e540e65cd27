using System.Net;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>What a server knows of the requests that it has received.</summary>
public sealed class StubJournalTests
{
    [Fact]
    public async Task Requests_that_no_route_may_see_were_received_all_the_same()
    {
        StubOptions options = new() { Cors = true, Credential = new BasicCredential("user", "secret") };
        await using StubServer server = new(options, StubServer.Route("*", "in"));

        Assert.Equal(401, (await server.AskAsync("GET", "/secret")).Status);
        Assert.Equal(407, (await server.AskAsync("CONNECT", "a:1")).Status);
        Assert.Equal(204, (await server.AskAsync("OPTIONS", "/pre", "Access-Control-Request-Method: PUT")).Status);
        using HttpPeer peer = await server.ConnectAsync();
        await peer.SendAsync("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        Assert.Equal(401, (await peer.AnswerAsync()).Status);
        Assert.Equal("in", (await server.AskAsync("GET", "/open", "Authorization: Basic dXNlcjpzZWNyZXQ=")).Text);

        HttpRequestRecord[] received = server.Handler.Journal!.Read(out _);
        Assert.Equal(
            [("/secret", 401), ("a:1", 407), ("/pre", 204), ("/body", 401), ("/open", 200)],
            received.Select(request => (request.Path, request.Status)));
        Assert.Equal([true, false, false, false, false], received.Select(request => request.Gap is null));
        Assert.All(received, request => Assert.Null(request.BodyBytes));

        RequestExpectation never = new([StubServer.Criteria("/secret")], (0, 0), inOrder: false);
        Assert.Equal(ExpectationState.TooMany, never.Compare(received, out _));
        Assert.EndsWith("GET /secret -> refused with 401", never.Fault(received, 0, 0).Message, StringComparison.Ordinal);
        RequestExpectation once = new([StubServer.Criteria("GET /secret")], (1, 1), inOrder: false);
        Assert.Equal(ExpectationState.Met, once.Compare(received, out _));
    }

    [Fact]
    public void An_expectation_that_is_not_met_tells_no_secrets()
    {
        HttpRequestRecord[] requests = [StubServer.Request("GET /a?access_token=t0ken&page=2", "X-Api-Key: k3y\r\n")];
        RequestCriteria criteria = StubServer.Criteria("/a") with
        {
            Query = [("access_token", ValueCriterion.Exactly("0ther")), ("page", ValueCriterion.Exactly("2"))],
            Headers = [("X-Api-Key", ValueCriterion.Exactly("0ther"))],
        };
        string nearest = new RequestExpectation([criteria], (1, 1), inOrder: false, new Redactor()).Fault(requests, 0, 0).Message;
        string all = new RequestExpectation([StubServer.Criteria("/a")], (0, 0), inOrder: false, new Redactor()).Fault(requests, 0, 0)
            .Message;

        foreach (string message in (string[])[nearest, all])
        {
            Assert.Contains("GET /a?access_token=***&page=2 ->", message, StringComparison.Ordinal);
            Assert.DoesNotContain("t0ken", message, StringComparison.Ordinal);
        }

        Assert.Contains("Header X-Api-Key: expected ***, got '***'", nearest, StringComparison.Ordinal);
        Assert.DoesNotContain("k3y", nearest, StringComparison.Ordinal);
        Assert.DoesNotContain("0ther", nearest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gap_is_that_between_heads_however_late_a_body_comes()
    {
        await using StubServer server = new(StubServer.Route("*", "x"));
        using HttpPeer slow = await server.ConnectAsync();
        await slow.SendAsync("POST /slow HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        Assert.Equal(100, (await slow.ResponseAsync()).Status);
        await server.AskAsync("GET", "/b");
        await slow.SendAsync("hi");
        Assert.Equal("x", (await slow.AnswerAsync()).Text);

        // In the order in which they were answered.
        HttpRequestRecord[] received = server.Handler.Journal!.Read(out _);
        Assert.Equal([("/b", false), ("/slow", true)], received.Select(request => (request.Path, request.Gap is null)));
    }

    [Fact]
    public void A_request_that_is_told_late_does_not_set_the_clock_back()
    {
        RequestGaps gaps = new();
        TimeSpan?[] found = Array.ConvertAll((long[])[1000, 3000, 2000, 3500], started => gaps.Take(started * TimeSpan.TicksPerSecond));

        Assert.Null(found[0]);
        Assert.Equal(4, found[1] / found[3]);
        Assert.Equal(TimeSpan.Zero, found[2]);
    }
}
