using System.Text;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>Recordings that people have edited, and those of other tools.</summary>
public sealed class RecordingFileTests : IDisposable
{
    private const string Entry = """{"request":{"method":"GET","target":"/a"},"response":{"status":200}}""";

    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("recording").FullName, "r.json");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Theory]
    [InlineData("{", "r.json is not valid JSON (line 1, byte 2)")]
    [InlineData("{\n  \"entries\": [\n    { x }\n ] }", "(line 3, byte 7)")]
    [InlineData("[]", "neither a recording with 'entries', nor a HAR")]
    [InlineData("{\"entries\":{}}", "($.entries): a list is expected, not an object")]
    [InlineData("{\"entries\":[],\"version\":9}", "version 9 is of a later PSNetLab")]
    [InlineData("{\"entries\":[],\"entrys\":[]}", "there is no 'entrys' here; known are format, version")]
    [InlineData("{\"entries\":[ENTRY,{}]}", "r.json, entry 2 ($.entries[1]): 'request' is missing")]
    [InlineData(
        "{\"entries\":[ENTRY,{\"request\":{\"method\":\"GET\"},\"response\":{}}]}",
        "entry 2 ($.entries[1].request): 'target' is missing")]
    [InlineData(
        "{\"entries\":[{\"request\":{\"method\":\"G T\",\"target\":\"/\"},\"response\":{\"status\":200}}]}",
        "'G T' is not a method")]
    [InlineData("{\"entries\":[{\"request\":{\"method\":\"GET\",\"target\":\"a\"},\"response\":{\"status\":200}}]}", "'a' is not a path")]
    [InlineData(
        "{\"entries\":[{\"request\":{\"method\":\"GET\",\"target\":\"/\"},\"response\":{\"status\":\"ok\"}}]}",
        "entry 1 ($.entries[0].response.status): a status")]
    [InlineData(
        "{\"entries\":[{\"request\":{\"method\":\"GET\",\"target\":\"/\"},\"response\":{\"status\":101}}]}",
        "a status from 200 to 999")]
    [InlineData(
        "{\"entries\":[{\"request\":{\"method\":\"GET\",\"target\":\"/\"},\"response\":{\"status\":200,\"staus\":1}}]}",
        "there is no 'staus' here")]
    [InlineData(
        "{\"entries\":[{\"request\":{\"method\":\"GET\",\"target\":\"/\"},\"response\":{\"status\":200,\"base64\":\"?\"}}]}",
        "this is not base64")]
    [InlineData(
        "{\"entries\":[{\"request\":{\"method\":\"GET\",\"target\":\"/\"},\"response\":{\"status\":200,\"base64\":\"\",\"body\":\"\"}}]}",
        "not both 'body' and 'base64'")]
    [InlineData(
        "{\"entries\":[{\"request\":{\"method\":\"GET\",\"target\":\"/\"},\"response\":{\"status\":200,\"headers\":{\"A b\":\"1\"}}}]}",
        "entry 1 ($.entries[0].response.headers): 'A b' is not the name")]
    [InlineData(
        "{\"entries\":[{\"request\":{\"method\":\"GET\",\"target\":\"/\"},\"response\":{\"status\":200,\"headers\":{\"A\":1}}}]}",
        "a text is expected, not a number")]
    [InlineData(
        "{\"entries\":[{\"milliseconds\":-1,\"request\":{\"method\":\"GET\",\"target\":\"/\"},\"response\":{\"status\":200}}]}",
        "this is not a number of milliseconds")]
    [InlineData(
        "{\"entries\":[{\"time\":\"noon\",\"request\":{\"method\":\"GET\",\"target\":\"/\"},\"response\":{\"status\":200}}]}",
        "'noon' is not a time")]
    [InlineData(
        "{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"ftp://x\"},\"response\":{\"status\":200}}]}}",
        "'ftp://x' is not the URI")]
    [InlineData("{\"mappings\":[{\"request\":{\"urlPattern\":\"/a[0-9]+\"},\"response\":{}}]}", "no regular expressions in paths")]
    [InlineData("{\"request\":{\"bodyPatterns\":[{\"matchesXPath\":\"/a\"}]},\"response\":{}}", "no counterpart for 'matchesXPath'")]
    [InlineData("{\"request\":{},\"response\":{\"proxyBaseUrl\":\"x\"}}", "there is no 'proxyBaseUrl' here")]
    [InlineData(
        "{\"request\":{},\"response\":{\"bodyFileName\":\"../../etc/passwd\"}}",
        "there is no file '../../etc/passwd' in __files")]
    public void What_is_wrong_is_said_with_its_place(string text, string expected)
    {
        File.WriteAllText(_path, text.Replace("ENTRY", Entry, StringComparison.Ordinal));

        NetLabException error = Assert.Throws<NetLabException>(() => Load());

        Assert.Equal(FaultKind.InvalidRecording, error.Kind);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_edited_recording_may_have_comments_and_bodies_of_each_kind()
    {
        await File.WriteAllTextAsync(_path, """
            { // by hand
              "entries": [
                { "request": { "method": "GET", "target": "/{x}/*" }, "response": { "status": 200, "json": { "a": [1, 2] } } },
                { "request": { "method": "GET", "target": "/t" },
                  "response": { "status": 200, "body": "né", "headers": { "A": ["1", "2"] } } },
                { "request": { "method": "GET", "target": "/b" }, "response": { "status": 404, "base64": "AAE=",
                  "headers": { "Content-Length": "99", "Transfer-Encoding": "chunked", "Connection": "close" } } },
              ],
            }
            """);
        await using StubServer server = new([.. Load()]);

        Assert.Equal("{ \"a\": [1, 2] }", (await server.AskAsync("GET", "/{x}/*")).Text);
        Assert.Equal(404, (await server.AskAsync("GET", "/y/z")).Status);
        Assert.Equal("né", (await server.AskAsync("GET", "/t")).Text);
        HttpAnswer bytes = await server.AskAsync("GET", "/b");
        Assert.Equal((404, "2", null, null), (bytes.Status, bytes["Content-Length"], bytes["Transfer-Encoding"], bytes["Connection"]));
        Assert.Equal([0, 1], bytes.Body);
    }

    [Fact]
    public async Task A_HAR_of_a_browser_is_read_whatever_its_lengths_say()
    {
        await File.WriteAllTextAsync(_path, """
            {"log":{"version":"1.2","entries":[
             {"startedDateTime":"2026-01-02T03:04:05Z","time":12.5,
              "request":{"method":"POST","url":"https://api.example/v1/x?b=2&a=1#frag",
               "headers":[{"name":":authority","value":"api.example"}],
               "postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"q","value":"a b"}]}},
              "response":{"status":200,"headers":[{"name":"content-encoding","value":"br"},{"name":"content-length","value":"3"},
               {"name":"content-type","value":"text/plain"}],"content":{"size":1,"mimeType":"text/plain","text":"hello world"}}},
             {"request":{"method":"GET","url":"https://api.example/blocked"},"response":{"status":0}},
             {"request":{"method":"GET","url":"https://api.example/img"},
              "response":{"status":200,"content":{"text":"AAEC","encoding":"base64"}}},
             {"request":{"method":"GET","url":"https://api.example/none"},"response":{"status":204,"content":{}}}]}}
            """);
        await using StubServer server = new([.. Load()]);

        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("POST /v1/x?a=1&b=2 HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + "Content-Length: 7\r\n\r\nq=a%20b");
        HttpAnswer answer = await client.AnswerAsync();
        Assert.Equal(("hello world", "11", null), (answer.Text, answer["Content-Length"], answer["Content-Encoding"]));
        Assert.Equal([0, 1, 2], (await server.AskAsync("GET", "/img")).Body);
        Assert.Equal(204, (await server.AskAsync("GET", "/none")).Status);
        Assert.Equal(404, (await server.AskAsync("GET", "/blocked")).Status);
    }

    [Fact]
    public async Task Mappings_of_WireMock_become_routes()
    {
        Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(_path)!, "__files"));
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(_path)!, "__files", "b.txt"), "from a file");
        await File.WriteAllTextAsync(_path, """
            {"mappings":[
             {"priority":1,"request":{"method":"ANY","urlPathPattern":"/any/.*"},"response":{"status":202,"body":"any"}},
             {"request":{"method":"GET","url":"/q?a=1"},"response":{"jsonBody":{"x":1},"headers":{"X-A":["1","2"]}}},
             {"request":{"method":"GET","url":"/q?a+b=x+%2B"},"response":{"body":"blanks"}},
             {"request":{"method":"GET","urlPathTemplate":"/t/{id}","queryParameters":{"p":{"contains":"x"},"no":{"absent":true}}},
              "response":{"bodyFileName":"b.txt"}},
             {"request":{"method":"POST","urlPath":"/j","headers":{"X-K":{"equalTo":"V","caseInsensitive":true}},
              "bodyPatterns":[{"equalToJson":"{\"a\":1}","ignoreExtraElements":true},{"contains":"b"}]},"response":{"status":201}},
             {"scenarioName":"s","requiredScenarioState":"two","request":{"method":"GET","url":"/s"},"response":{"body":"2"}},
             {"scenarioName":"s","requiredScenarioState":"Started","newScenarioState":"two","request":{"url":"/s","method":"GET"},
              "response":{"body":"1","fixedDelayMilliseconds":1}}]}
            """);
        await using StubServer server = new([.. Load()]);

        Assert.Equal((202, "any"), await server.AskAsync("PUT", "/any/a/b") is var any ? (any.Status, any.Text) : default);
        Assert.Equal("{\"x\":1}", (await server.AskAsync("GET", "/q?a=1")).Text);
        Assert.Equal("blanks", (await server.AskAsync("GET", "/q?a+b=x+%2B")).Text);
        Assert.Equal("blanks", (await server.AskAsync("GET", "/q?a%20b=x%20%2B")).Text);
        Assert.Equal("from a file", (await server.AskAsync("GET", "/t/1?p=axb")).Text);
        Assert.Equal(404, (await server.AskAsync("GET", "/t/1?p=axb&no=1")).Status);
        Assert.Equal(["1", "2", "2"], new[]
        {
            (await server.AskAsync("GET", "/s")).Text, (await server.AskAsync("GET", "/s")).Text, (await server.AskAsync("GET", "/s")).Text,
        });
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync("POST /j HTTP/1.1\r\nHost: a\r\nX-K: v\r\nContent-Length: 13\r\n\r\n{\"b\":2,\"a\":1}");
        Assert.Equal(201, (await client.AnswerAsync()).Status);
    }

    [Fact]
    public async Task A_mapping_with_a_secret_is_found_whatever_the_secret_is_and_does_not_tell_it()
    {
        await File.WriteAllTextAsync(_path, """
            {"request":{"method":"POST","urlPath":"/j","bodyPatterns":[{"equalToJson":{"a":1,"password":"S3CRET"}}]},
             "response":{"status":201}}
            """);
        await using StubServer server = new([.. Load()]);
        using HttpPeer client = await server.ConnectAsync();

        await client.SendAsync("POST /j HTTP/1.1\r\nHost: a\r\nContent-Length: 22\r\n\r\n{\"password\":\"x\",\"a\":1}");
        Assert.Equal(201, (await client.AnswerAsync()).Status);
        await client.SendAsync("POST /j HTTP/1.1\r\nHost: a\r\nContent-Length: 22\r\n\r\n{\"password\":\"x\",\"a\":2}");
        HttpAnswer answer = await client.AnswerAsync();
        Assert.Equal(404, answer.Status);
        Assert.DoesNotContain("S3CRET", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recording_that_cannot_be_replaced_stays_as_it_was()
    {
        RecordedExchange exchange = new() { Method = "GET", Target = "/", Status = 200 };
        NetLabException error = Assert.Throws<NetLabException>(
            () => RecordingWriter.Save(Path.Combine(_path, "none", "r.json"), [exchange], new Redactor()));

        Assert.Equal(FaultKind.RecordingFailed, error.Kind);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_path)!));
    }

    [Fact]
    public void Latency_is_kept_on_demand()
    {
        RecordedExchange endless = new() { Method = "GET", Target = "/", Status = 200, Milliseconds = 1e12 };
        Assert.Contains($"after {int.MaxValue} ms", RecordedRoutes.Of([endless], new ReplayOptions(RouteEnd.Last, true))[0].Answer,
            StringComparison.Ordinal);
        RecordedExchange exchange = new() { Method = "GET", Target = "/", Status = 200, Milliseconds = 41.7 };
        Assert.Contains("after 42 ms", RecordedRoutes.Of([exchange], new ReplayOptions(RouteEnd.Last, KeepsLatency: true))[0].Answer,
            StringComparison.Ordinal);
        Assert.DoesNotContain("after", RecordedRoutes.Of([exchange], new ReplayOptions(RouteEnd.Last, KeepsLatency: false))[0].Answer,
            StringComparison.Ordinal);
    }

    private IReadOnlyList<HttpRoute> Load() => RecordedRoutes.Load(_path, new ReplayOptions(RouteEnd.Last, KeepsLatency: false));
}
