using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Which route answers a request.</summary>
public sealed class RouteTableTests
{
    [Theory]
    [InlineData("GET /users/7", "GET /users/{id}")]
    [InlineData("GET /users/me", "/users/me")]
    [InlineData("POST /users/7", "/users/{any}")]
    [InlineData("GET /users/", "/users/{rest*}")]
    [InlineData("GET /users", "/users/{rest*}")]
    [InlineData("GET /users/7/cart", "/users/{rest*}")]
    [InlineData("GET /img/a.png", "/img/{name}.png")]
    [InlineData("GET /img/a.jpg", "/img/{name}")]
    [InlineData("GET /img/.png", "/img/{name}")]
    [InlineData("GET /", "*")]
    [InlineData("GET /USERS/me", "*")]
    [InlineData("GET /users%2Fme", "*")]
    [InlineData("GET /users/%6De?a=b", "/users/me")]
    [InlineData("GET /a%20b/%c3%a9", "/a b/\u00e9")]
    [InlineData("GET /caf%e9", "/caf%E9")]
    [InlineData("GET /caf%c3%a9", "*")]
    [InlineData("GET /%D6%D0-7", "/%D6%D0-{x}")]
    [InlineData("GET /%D6%D1-7", "/%D6%D1-{x}")]
    [InlineData("GET http://x/users/me?q", "/users/me")]
    [InlineData("HEAD /users/7", "GET /users/{id}")]
    [InlineData("HEAD /both", "HEAD /both")]
    [InlineData("OPTIONS *", "*")]
    [InlineData("CONNECT a:1", "*")]
    public void The_most_specific_route_answers(string request, string expected)
    {
        string[] targets =
        [
            "*", "/users/{rest*}", "/users/{any}", "GET /users/{id}", "/users/me", "/img/{name}", "/img/{name}.png", "/a b/\u00e9",
                "HEAD /both", "GET /both", "/caf%E9", "/%D6%D0-{x}", "/%D6%D1-{x}",
        ];
        RouteTable table = new([.. targets.Select(target => StubServer.Route(target, "x"))]);

        Assert.Equal(expected, Find(table, request)?.Name);
    }

    [Fact]
    public void Of_equal_routes_the_newest_answers_and_priority_comes_first()
    {
        HttpRoute old = StubServer.Route("/a", "old");
        HttpRoute young = StubServer.Route("/a", "young");
        HttpRoute low = StubServer.Route("*", new RouteSettings { Priority = -1 }, "low");
        HttpRoute high = StubServer.Route("*", new RouteSettings { Priority = 1 }, "high");

        Assert.Same(young, Find(new RouteTable([old, young, low]), "GET /a"));
        Assert.Same(old, Find(new RouteTable([young, old, low]), "GET /a"));
        Assert.Same(high, Find(new RouteTable([old, high, young]), "GET /a"));
    }

    [Fact]
    public void More_criteria_come_before_fewer_and_only_if_they_are_met()
    {
        HttpRoute plain = StubServer.Route("GET /a", "plain");
        RequestCriteria criteria = StubServer.Criteria("GET /a")
            with { Query = [("page", ValueCriterion.Exactly("2"))], Headers = [("X-Key", ValueCriterion.Present)] };
        HttpRoute special = new(criteria, [new StubAnswer()], new RouteSettings());
        RouteTable table = new([special, plain]);

        Assert.Same(plain, Find(table, "GET /a?page=2"));
        Assert.Same(plain, Find(table, "GET /a?page=3", "x-key: 1\r\n"));
        Assert.Same(special, Find(table, "GET /a?x=1&page=2", "x-key: 1\r\n"));
        Assert.Same(special, Find(table, "GET /a?p%61ge=%32", "x-key: 1\r\n"));
    }

    [Fact]
    public void A_slow_criterion_is_not_looked_at_until_it_may_be()
    {
        RequestCriteria criteria = StubServer.Criteria("/a") with { Headers = [("X", ValueCriterion.Like(new Regex("^1")))] };
        HttpRoute slow = new(criteria, [new StubAnswer()], new RouteSettings());
        RouteTable table = new([StubServer.Route("/a", "x"), slow]);
        HttpRequestRecord request = StubServer.Request("GET /a", "X: 12\r\n");

        bool isSlow = false;
        int place = -1;
        table.Find(request.RawMethod, request.RawPath, request, ref place, ref isSlow);
        Assert.True(isSlow);
        place = -1;
        Assert.Same(slow, table.Find(request.RawMethod, request.RawPath, request, ref place, ref isSlow));
        Assert.Equal("/a", table.Find(request.RawMethod, request.RawPath, request, ref place, ref isSlow)?.Name);
        Assert.Null(table.Find(request.RawMethod, request.RawPath, request, ref place, ref isSlow));
    }

    [Fact]
    public void The_table_finds_what_trying_every_route_finds()
    {
        Random random = new(17);
        string[] words = ["a", "b", "{x}", "{y}", "a{z}", "{w}b", "*", string.Empty];
        string[] parts = ["a", "b", "ab", "aab", "c", string.Empty, "%61", "%2F"];
        for (int round = 0; round < 300; round++)
        {
            List<HttpRoute> routes = [];
            for (int i = random.Next(1, 12); i > 0; i--)
            {
                string path = RandomPath(random, words) + (random.Next(4) == 0 ? "/{rest*}" : string.Empty);
                try
                {
                    routes.Add(StubServer.Route((random.Next(3) == 0 ? "GET " : string.Empty)
                        + path, new RouteSettings { Priority = random.Next(2) }, "x"));
                }
                catch (NetLabException)
                {
                    // The same name twice.
                }
            }

            RouteTable table = new(routes);
            for (int i = 0; i < 20; i++)
            {
                string line = (random.Next(2) == 0 ? "GET " : "POST ") + RandomPath(random, parts);
                HttpRequestRecord request = StubServer.Request(line);
                Assert.Same(table.InOrder.FirstOrDefault(route => route.Criteria.Fits(request)), Find(table, line));
            }
        }
    }

    [Theory]
    [InlineData("/users/{id}/{rest*}", "/users/a%2Fb/c/d%20e", "id=a/b rest=c/d e")]
    [InlineData("/{a}.{b}", "/x", "")]
    [InlineData("/img/{name}.png", "/img/a.b.png", "name=a.b")]
    [InlineData("/files/{rest*}", "/files", "rest=")]
    [InlineData("/{id}", "/%zz%E4", "id=%zz\u00e4")]
    [InlineData("/caf%E9-{x}", "/caf%e9-%c3%a9", "x=\u00e9")]
    public void Named_parts_are_decoded_once(string pattern, string path, string expected)
    {
        if (expected.Length == 0)
        {
            Assert.Equal(FaultKind.InvalidRoute, Assert.Throws<NetLabException>(() => PathPattern.Parse(pattern)).Kind);
            return;
        }

        PathPattern parsed = PathPattern.Parse(pattern);
        Assert.True(parsed.Fits(HttpHead.Bytes(path)));
        System.Collections.Specialized.OrderedDictionary values = parsed.Read(HttpHead.Bytes(path));
        Assert.Equal(expected, string.Join(' ', values.Keys.Cast<string>().Select(name => $"{name}={values[name]}")));
    }

    [Theory]
    [InlineData("users")]
    [InlineData("")]
    [InlineData("/{}")]
    [InlineData("/{a")]
    [InlineData("/a}")]
    [InlineData("/{a}{b}")]
    [InlineData("/{a*}/b")]
    [InlineData("/x{a*}")]
    [InlineData("/{a}/{A}")]
    public void A_path_that_is_none_is_refused(string pattern)
        => Assert.Equal(FaultKind.InvalidRoute, Assert.Throws<NetLabException>(() => PathPattern.Parse(pattern)).Kind);

    private static string RandomPath(Random random, string[] words)
        => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "/" + words[random.Next(words.Length)]));

    private static HttpRoute? Find(RouteTable table, string line, string fields = "")
    {
        HttpRequestRecord request = StubServer.Request(line, fields);
        bool isSlow = false;
        int place = -1;
        return table.Find(request.RawMethod, HttpTarget.PathOf(HttpHead.Bytes(line.Split(' ')[1])), request, ref place, ref isSlow);
    }
}
