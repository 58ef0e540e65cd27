using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>Many clients of every kind of server, in one process, each of which knows what its own answers are.</summary>
internal sealed class OwnBytesRun(TimeSpan time)
{
    private const int ClientsOfAKind = 4;
    private const string Password = "Authorization: Basic YTpi"; // a:b

    private static readonly BasicCredential s_credential = new("a", "b");

    private readonly long _end = Environment.TickCount64 + (long)time.TotalMilliseconds;
    private long _exchanges;

    internal long Exchanges => _exchanges;

    internal ConcurrentQueue<string> Faults { get; } = [];

    private bool IsOver => Environment.TickCount64 >= _end;

    internal async Task RunAsync()
    {
        using WebFolder folder = new();
        for (int i = 0; i < ClientsOfAKind; i++)
        {
            folder.Write($"small-{i}", Own(i, 40));
            folder.Write($"large-{i}", Own(i, 300_000));
        }

        folder.Write("secret", "secret");
        await using TestHttpServer plain = new(folder, new() { Folder = folder.Path, Browse = true });
        await using TestHttpServer secured = new(folder, new() { Folder = folder.Path, Tls = Certificates.Tls });
        await using TestHttpServer closed = new(folder, new() { Folder = folder.Path, Credential = s_credential });
        await using TestServer echo = new(new() { Framing = DelimiterFraming.Line, Echo = true }, limit: 100, WhenFull.Drop);
        await using TestServer script =
            new(new() { Framing = FramingParser.Parse("Length16"), Handler = Answers.OfTcp(AnswerElsewhereAsync) }, limit: 100,
                WhenFull.Drop);
        await using TestServer securedEcho = new(
            new() { Framing = DelimiterFraming.Line, Echo = true, Tls = Certificates.Tls }, limit: 100, WhenFull.Drop);
        await using TestUdpServer udp = new(new() { Echo = true }, limit: 100, WhenFull.Drop);
        await using TestUdpServer udpScript = new(
            new() { BufferBytes = 4000, Handler = Answers.Of<UdpMessage>(AnswerElsewhereAsync) }, limit: 100, WhenFull.Drop);

        List<Task> clients = [];
        for (int i = 0; i < ClientsOfAKind; i++)
        {
            int own = i;
            clients.Add(Repeat($"HTTP {i}", () => HttpAsync(plain.EndPoint, tls: false, own)));
            clients.Add(Repeat($"HTTPS {i}", () => HttpAsync(secured.EndPoint, tls: true, own)));
            clients.Add(Repeat($"HTTP with password {i}", () => OwnFileAsync(closed.EndPoint, own)));
            clients.Add(Repeat($"HTTP without password {i}", () => NoFileAsync(closed.EndPoint)));
            clients.Add(Repeat($"TCP echo {i}", () => StreamAsync(echo.EndPoint, DelimiterFraming.Line, tls: false, own)));
            clients.Add(Repeat($"TCP script {i}", () => StreamAsync(script.EndPoint, FramingParser.Parse("Length16"), tls: false, own)));
            clients.Add(Repeat($"TLS echo {i}", () => StreamAsync(securedEcho.EndPoint, DelimiterFraming.Line, tls: true, own)));
            clients.Add(Repeat($"UDP echo {i}", () => DatagramsAsync(udp.EndPoint, own)));
            clients.Add(Repeat($"UDP script {i}", () => DatagramsAsync(udpScript.EndPoint, own)));
        }

        await Task.WhenAll(clients);
    }

    /// <summary>Text that names its owner in every place.</summary>
    private static string Own(int owner, int length)
        => string.Create(length, owner, static (text, owner) => text.Fill((char)('a' + owner)));

    private static ValueTask<IReadOnlyList<byte[]>> AnswerElsewhereAsync(TcpMessage message) => new(AnswerElsewhereAsync(message.Bytes));

    private static ValueTask<IReadOnlyList<byte[]>> AnswerElsewhereAsync(UdpMessage message) => new(AnswerElsewhereAsync(message.Bytes));

    private static async Task<IReadOnlyList<byte[]>> AnswerElsewhereAsync(byte[] data)
    {
        await Task.Yield();
        return [data];
    }

    /// <summary>Whether a session goes on: every one has an exchange, also on a machine that was slow to start it.</summary>
    private bool GoesOn(int exchange) => exchange == 0 || (exchange < 200 && !IsOver);

    private async Task Repeat(string name, Func<Task> session)
    {
        await Task.Yield();
        do
        {
            try
            {
                await session();
            }
            catch (Exception error)
            {
                Faults.Enqueue($"{name}: {error.Message}");
            }
        }
        while (!IsOver && Faults.Count < 100);
    }

    private async Task HttpAsync(IPEndPoint server, bool tls, int own)
    {
        using HttpPeer client = await HttpPeer.ConnectAsync(server, tls);
        string small = Own(own, 40);
        string large = Own(own, 300_000);
        for (int i = 0; GoesOn(i); i++)
        {
            // From memory, from elsewhere, from disk, and behind a body that comes in a packet of its own.
            await client.SendAsync($"GET /small-{own} HTTP/1.1\r\nHost: {small}\r\n\r\nGET /none-{own}-{i} HTTP/1.1\r\nHost: "
                + $"a\r\n\r\nGET /small-{own} HTTP/1.1\r\nHost: a\r\n\r\nPOST /small-{own} HTTP/1.1\r\nHost: "
                + "a\r\nContent-Length: 40\r\n\r\n");
            Assert.Equal(small, (await client.AnswerAsync()).Text);
            Assert.Equal(404, (await client.AnswerAsync()).Status);
            Assert.Equal(small, (await client.AnswerAsync()).Text);
            bool isLarge = i % 8 == 0;
            await client.SendAsync($"{small}GET /{(isLarge ? "large" : "small")}-{own} HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(405, (await client.AnswerAsync()).Status);
            Assert.Equal(isLarge ? large : small, (await client.AnswerAsync()).Text);
            Interlocked.Add(ref _exchanges, 5);
        }
    }

    private async Task OwnFileAsync(IPEndPoint server, int own)
    {
        using HttpPeer client = await HttpPeer.ConnectAsync(server);
        for (int i = 0; GoesOn(i); i++)
        {
            Assert.Equal("secret", (await client.GetAsync("/secret", Password)).Text);
            Assert.Equal(Own(own, 40), (await client.GetAsync($"/small-{own}", Password)).Text);
            Interlocked.Add(ref _exchanges, 2);
        }
    }

    private async Task NoFileAsync(IPEndPoint server)
    {
        // Of as many bytes as the request that carries the password, so that its bytes would fit.
        using HttpPeer client = await HttpPeer.ConnectAsync(server);
        string request = "POST /secret HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1234567890GET /secret HTTP/1.1\r\nHost: "
            + $"localhost\r\nX{Password[1..]}\r\n\r\n";
        for (int i = 0; GoesOn(i); i++)
        {
            await client.SendAsync(request[..60]);
            await client.SendAsync(request[60..]);
            Assert.Equal(401, (await client.AnswerAsync()).Status);
            Assert.Equal(401, (await client.AnswerAsync()).Status);
            Interlocked.Add(ref _exchanges, 2);
        }
    }

    private async Task StreamAsync(IPEndPoint server, MessageFraming framing, bool tls, int own)
    {
        using HttpPeer client = await HttpPeer.ConnectAsync(server, tls);
        Random random = new();
        for (int i = 0; GoesOn(i); i++)
        {
            byte[] payload = Encoding.ASCII.GetBytes(Own(own, random.Next(1, 2000)));
            byte[] frames = FramingRun.Encode(framing, [payload, payload, payload]);
            int cut = random.Next(frames.Length);
            await client.SendAsync(frames[..cut]);
            await client.SendAsync(frames[cut..]);
            Assert.True((await client.BytesAsync(frames.Length)).AsSpan().SequenceEqual(frames), "Other bytes came back.");
            Interlocked.Add(ref _exchanges, 3);
        }
    }

    private async Task DatagramsAsync(IPEndPoint server, int own)
    {
        using UdpClient client = new();
        client.Connect(server);
        Random random = new();
        for (int i = 0; GoesOn(i); i++)
        {
            // A first byte tells a late answer from the one to this datagram.
            byte[] sent = Encoding.ASCII.GetBytes(Own(own, random.Next(1, 2000)));
            sent[0] = (byte)i;
            await client.SendAsync(sent);
            while (true)
            {
                using CancellationTokenSource limit = new(TimeSpan.FromSeconds(1));
                try
                {
                    byte[] came = (await client.ReceiveAsync(limit.Token)).Buffer;
                    Assert.True(!came.AsSpan(1).ContainsAnyExcept((byte)('a' + own)), "The bytes of another came.");
                    if (came[0] == (byte)i)
                    {
                        break;
                    }
                }
                catch (OperationCanceledException)
                {
                    break; // lost, which datagrams may be
                }
            }

            Interlocked.Increment(ref _exchanges);
        }
    }
}
