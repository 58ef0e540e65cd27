using System.Text;
using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

/// <summary>Connections that share a thread: the bytes of one are never those of another.</summary>
public sealed class HttpInterleavingTests : IDisposable
{
    private const int Rounds = 300;

    private readonly WebFolder _folder = new();

    public HttpInterleavingTests()
    {
        _folder.Write("mine", "mine");
        _folder.Write("theirs", "theirs");
    }

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_follows_a_skipped_body_stays_with_its_connection(TransportKind kind)
    {
        await using ServedConnection one = await ServedConnection.StartAsync(kind, new StaticSiteOptions { Folder = _folder.Path });
        await using ServedConnection other = await ServedConnection.StartAsync(kind, new StaticSiteOptions { Folder = _folder.Path });
        using CancellationTokenSource done = new();
        Task others = AskUntilAsync(other.Client, "theirs", done.Token);

        for (int round = 0; round < Rounds; round++)
        {
            // The body comes behind its head, together with the next request, and the answer to the first one has to wait for a file.
            long before = one.Connection.Totals.BytesReceived;
            byte[] head = Encoding.ASCII.GetBytes($"GET /none-{round} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
            await one.Client.SendAsync(head);
            await Waiting.Until(() => one.Connection.Totals.BytesReceived == before + head.Length);
            await one.Client.SendAsync("12345GET /mine HTTP/1.1\r\nHost: a\r\n\r\n");

            Assert.Equal(404, (await one.Client.AnswerAsync()).Status);
            Assert.Equal("mine", (await one.Client.AnswerAsync()).Text);
        }

        await done.CancelAsync();
        await others.Soon();
    }

    [Fact]
    public async Task Requests_behind_an_answer_from_elsewhere_stay_with_their_connection()
    {
        // A file that is not there is looked for on another thread, and its connection goes on from there beside the loop.
        const int Connections = 6;
        using CancellationTokenSource done = new();
        List<Task> asking = [];
        List<ServedConnection> served = [];
        for (int i = 0; i < Connections; i++)
        {
            _folder.Write($"{i}", $"file {i}");
            served.Add(await ServedConnection.StartAsync(TransportKind.Epoll, new StaticSiteOptions { Folder = _folder.Path }));
        }

        for (int i = 0; i < Connections; i++)
        {
            HttpPeer client = served[i].Client;
            int own = i;
            asking.Add(Task.Run(async () =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    Assert.Equal(404, (await client.GetAsync($"/none-{own}-{round}")).Status);
                    Assert.Equal($"file {own}", (await client.GetAsync($"/{own}")).Text);
                }
            }));
        }

        await Task.WhenAll(asking).Soon();
        foreach (ServedConnection connection in served)
        {
            await connection.DisposeAsync();
        }
    }

    private static async Task AskUntilAsync(HttpPeer client, string file, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            Assert.Equal(file, (await client.GetAsync($"/{file}", "X-Filler: " + new string('x', 200))).Text);
        }
    }
}
