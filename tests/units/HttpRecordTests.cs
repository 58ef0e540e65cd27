using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

/// <summary>What is recorded of requests, and when.</summary>
public sealed class HttpRecordTests : IDisposable
{
    private readonly WebFolder _folder = new();

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_record_tells_what_was_asked_and_what_became_of_it()
    {
        string path = _folder.Write("a b.txt", "content");
        await using ServedConnection served = await ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });
        DateTime before = DateTime.Now;

        await served.Client.GetAsync("/a%20b.txt?q=\u00e9", "Referer: http://a/", "User-Agent: test/1 (\u00fc)");

        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.InRange(record.Moment, before, DateTime.Now);
        Assert.Equal(served.Client.Socket.LocalEndPoint, record.Remote);
        Assert.Equal(served.Connection.Id, record.ConnectionId);
        Assert.Equal(("GET", "/a%20b.txt?q=\u00e9", "HTTP/1.1"), (record.Method, record.Target, record.Version));
        Assert.Equal((200, 7, true), (record.Status, record.BytesSent, record.Completed));
        Assert.Equal(("http://a/", "test/1 (\u00fc)", path), (record.Referer, record.UserAgent, record.File));
        Assert.InRange(record.Duration, TimeSpan.Zero, DateTime.Now - before);
    }

    [Fact]
    public async Task A_record_has_the_fields_of_the_request()
    {
        await using ServedConnection served = await ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });

        await served.Client.SendAsync("\r\nGET / HTTP/1.1\r\nHost: a\r\nx-one: 1\r\nEmpty:\r\nAccept:\t\u00fc/* \r\nX-ONE:2\r\n\r\n");

        await served.Client.AnswerAsync();
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal(
            ["Host=a", "X-ONE=1, 2", "Empty=", "Accept=\u00fc/*"],
            record.HeaderTable.Keys.Cast<string>().Select(name => $"{name}={record.HeaderTable[name]}"));
        Assert.Equal("a", record.HeaderTable["HOST"]);
        Assert.Null(record.UserAgent);
        Assert.Null(record.Referer);
    }

    [Theory]
    [InlineData("HEAD /a HTTP/1.1", 200, 0, true)]
    [InlineData("GET /a HTTP/1.1\r\nIf-None-Match: *", 304, 0, true)]
    [InlineData("GET /a HTTP/1.1\r\nRange: bytes=1-2", 206, 2, true)]
    [InlineData("GET /large HTTP/1.1", 200, 100_000, true)]
    [InlineData("HEAD /large HTTP/1.1", 200, 0, true)]
    [InlineData("GET /folder HTTP/1.1", 301, -1, false)]
    [InlineData("GET /none HTTP/1.1", 404, -1, false)]
    [InlineData("POST /a HTTP/1.1\r\nContent-Length: 0", 405, -1, false)]
    [InlineData("OPTIONS * HTTP/1.1", 204, 0, false)]
    [InlineData("BREW /a HTTP/1.1", 501, -1, false)]
    [InlineData("GET /a HTTP/1.0", 200, 7, true)]
    public async Task Status_and_bytes_are_those_of_the_answer(string request, int status, int bytes, bool isFile)
    {
        _folder.Write("a", "content");
        _folder.Write("large", WebFolder.Noise(100_000));
        Directory.CreateDirectory(_folder.PathOf("folder"));
        await using ServedConnection served = await ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });

        await served.Client.SendAsync($"{request}\r\nHost: a\r\n\r\n");

        HttpAnswer answer = await served.Client.AnswerAsync(isHead: request.StartsWith("HEAD", StringComparison.Ordinal));
        HttpRequestRecord record = await served.RecordAsync();
        string[] line = request.Split("\r\n")[0].Split(' ');
        Assert.Equal((line[0], line[1], line[2]), (record.Method, record.Target, record.Version));
        Assert.Equal((status, status), (record.Status, answer.Status));
        Assert.Equal(bytes < 0 ? answer.Body.Length : bytes, record.BytesSent);
        Assert.Equal(isFile, record.File is not null);
        Assert.True(record.Completed);
    }

    /// <summary>Many clients send UTF-8 where only ASCII is allowed, and older ones Latin-1.</summary>
    [Fact]
    public async Task Text_beyond_ASCII_is_shown_as_it_was_written()
    {
        _folder.Write("你好.txt", "content");
        await using ServedConnection served = await ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });
        string utf8 = Encoding.Latin1.GetString("/你好.txt?ü"u8);

        Assert.Equal(
            200,
            (await served.Client.GetAsync(utf8, "Referer: " + Encoding.Latin1.GetString("http://a/世界"u8), "X-Old: gr\u00fcn")).Status);

        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal(("/你好.txt?ü", "http://a/世界", "grün"), (record.Target, record.Referer, record.HeaderTable["X-Old"]));
    }

    [Fact]
    public async Task Values_of_a_repeated_field_are_joined_as_they_came()
    {
        await using ServedConnection served = await ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });

        await served.Client.GetAsync("/", "User-Agent: " + Encoding.Latin1.GetString("ü"u8), "User-Agent: \u00fc", "User-Agent: a");

        Assert.Equal([.. "ü, "u8, 0xFC, .. ", a"u8], Assert.Single(served.Records()).Field("User-Agent"u8).ToArray());
    }

    /// <summary>Whoever has the answer finds the record, also of the first request for a file, which is not in memory yet.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_record_is_there_before_its_answer(TransportKind kind)
    {
        for (int i = 0; i < 300; i++)
        {
            _folder.Write(i.ToString(CultureInfo.InvariantCulture), "content");
        }

        await using ServedConnection served = await ServedConnection.StartAsync(kind, new() { Folder = _folder.Path });
        for (int i = 0; i < 300; i++)
        {
            foreach (string target in new[] { $"/{i}", "/none", $"/{i}" })
            {
                await served.Client.GetAsync(target);
                Assert.Equal(target, Assert.Single(served.Records()).Target);
            }
        }
    }

    /// <summary>
    /// Also where the answer takes many calls, because the client reads slowly. Whoever asks between the last byte and the record waits.
    /// </summary>
    [Fact]
    public async Task The_record_is_there_before_the_end_of_a_long_answer()
    {
        _folder.Write("large", WebFolder.Noise(32 * 1024 * 1024));
        foreach (TransportKind kind in TransportPair.Kinds.Except([TransportKind.Portable])) // whose calls end unseen
        {
            await Waiting.OneOf(5, () => AssertWaitsAsync(kind)); // who asks has a limit, which a machine may sleep through
        }

        async Task AssertWaitsAsync(TransportKind kind)
        {
            await using ServedConnection served = await ServedConnection.StartAsync(kind, new() { Folder = _folder.Path });
            using ManualResetEventSlim gate = new();
            served.BeforeRecord = () => gate.Wait(TimeSpan.FromSeconds(10));
            await served.Client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
            await served.PassToStuckAsync();
            await served.Client.AnswerAsync();

            // On threads of their own: the pool may have only two, the server holds one of them at the gate, and who asks has a limit.
            Thread opener = new(() =>
            {
                Thread.Sleep(50); // until somebody asks, which nobody can see
                gate.Set();
            });
            int found = await Task.Factory.StartNew(
                () =>
                {
                    opener.Start();
                    return served.Records().Count;
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            Assert.Equal(1, found);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Records_come_in_the_order_of_their_requests(TransportKind kind)
    {
        _folder.Write("a", "a");
        _folder.Write("large", WebFolder.Noise(100_000));
        await using ServedConnection served = await ServedConnection.StartAsync(kind, new() { Folder = _folder.Path });
        string[] targets = [.. Enumerable.Range(0, 50).SelectMany(i => new[] { $"/a?{i}", $"/large?{i}", $"/none?{i}" })];

        await served.Client.SendAsync(string.Concat(targets.Select(target => $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")));

        foreach (string target in targets)
        {
            await served.Client.AnswerAsync();
            Assert.Equal(target, (await served.RecordAsync()).Target);
        }
    }

    [Fact]
    public async Task Of_a_request_that_was_not_understood_nothing_is_claimed()
    {
        _folder.Write("a", "a");
        await using ServedConnection served = await ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });
        await served.Client.GetAsync("/a", "User-Agent: first", "Referer: r");
        Assert.Single(served.Records());

        await served.Client.SendAsync(
            "GET /secret HTTP/1.1\r\nUser-Agent: second\r\nHost: a\r\nBroken header\r\n\r\n" + new string('x', 500));

        Assert.Equal(400, (await served.Client.AnswerAsync()).Status);
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.Equal((string.Empty, string.Empty, null, null), (record.Method, record.Target, record.UserAgent, record.Referer));
    }

    [Fact]
    public async Task Of_a_request_that_was_not_understood_nobody_is_the_user()
    {
        BasicCredential credential = new("a", "b");
        await using ServedConnection served = await ServedConnection.StartAsync(
            TransportKind.Portable, new() { Folder = _folder.Path, Credential = credential });
        await served.Client.GetAsync("/", "Authorization: Basic YTpi");
        Assert.Equal("a", Assert.Single(served.Records()).User);

        await served.Client.SendAsync("nonsense\r\n\r\n");

        Assert.Equal(400, (await served.Client.AnswerAsync()).Status);
        Assert.Null(Assert.Single(served.Records()).User);
    }

    /// <summary>A record describes the answer that was really sent, not the intended one.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Of_answers_that_the_system_does_not_take_nothing_is_told_before_it_does(TransportKind kind)
    {
        const int Count = 400;
        const int Length = 60_000;
        _folder.Write("kept", WebFolder.Noise(Length));
        await using ServedConnection served = await ServedConnection.StartAsync(kind, new() { Folder = _folder.Path });
        await served.Client.SendAsync(string.Concat(Enumerable.Repeat("GET /kept HTTP/1.1\r\nHost: a\r\n\r\n", Count)));
        await served.PassToStuckAsync();
        int told = served.Records().Count(record => record.Completed && record.BytesSent == Length);
        Assert.Equal(served.Connection.Totals.MessagesSent, told);
        Assert.True(served.Connection.Totals.MessagesReceived > told, "The answer under way is not told yet.");

        served.Client.Dispose();

        await served.Ended.Soon();
        HttpRequestRecord broken = Assert.Single(served.Records());
        Assert.Equal((200, false), (broken.Status, broken.Completed));
        Assert.InRange(broken.BytesSent, 0, Length - 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Of_a_client_that_leaves_what_it_took_is_told(TransportKind kind)
    {
        const int Length = 32 * 1024 * 1024;
        _folder.Write("large", WebFolder.Noise(Length));
        await using ServedConnection served = await ServedConnection.StartAsync(kind, new() { Folder = _folder.Path });
        await served.Client.SendAsync("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        await served.Client.FillAsync(1024 * 1024);

        served.Client.Dispose();

        await served.Ended.Soon();
        HttpRequestRecord record = Assert.Single(served.Records());
        Assert.False(record.Completed);
        Assert.InRange(record.BytesSent, 512 * 1024, Length - 1);
    }

    /// <summary>An item must not take more memory than the weight it reports, because limits count weights.</summary>
    [Fact]
    public async Task Long_fields_weigh()
    {
        await using ServedConnection served = await ServedConnection.StartAsync(TransportKind.Portable, new() { Folder = _folder.Path });
        string text = new('x', 5000);

        await served.Client.AskAsync(text, "/a");
        await served.Client.GetAsync("/" + text);
        await served.Client.GetAsync("/", "Referer: " + text);
        await served.Client.GetAsync("/", "User-Agent: " + text);

        Assert.All(served.Records(), record => Assert.InRange(((IWeighted)record).Length, 5000, 50_000));
    }
}
