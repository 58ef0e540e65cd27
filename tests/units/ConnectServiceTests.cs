using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Http.Forward;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>Tunnels of CONNECT, with sockets on both ends.</summary>
public sealed class ConnectServiceTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.1.2.3", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("127.0.0.1", "192.0.2.1", false)]
    [InlineData("192.0.2.9", "127.0.0.1", false)]
    [InlineData("192.0.2.9", "192.0.2.1", false)]
    [InlineData("2001:db8::9", "::1", false)]
    public void Without_named_targets_only_this_machine_reaches_itself(string client, string target, bool mayLead)
    {
        ConnectService service = new(null, TimeSpan.FromSeconds(1));

        Assert.Equal(mayLead, service.MayLead(IPAddress.Parse(client), IPAddress.Parse(target)));
    }

    [Fact]
    public async Task Bytes_go_both_ways_and_each_side_may_end_first()
    {
        await using StubServer server = new(Route());
        using TcpListener listener = Listen();
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync($"CONNECT 127.0.0.1:{Port(listener)} HTTP/1.1\r\nHost: x\r\n\r\nearly ");
        using Peer target = new(await listener.AcceptSocketAsync().Soon());
        Assert.Equal(200, (await client.ResponseAsync("CONNECT")).Status);
        Assert.Equal("early ", await target.ReadTextAsync("early "));

        byte[] much = new byte[3_000_000];
        new Random(7).NextBytes(much);
        Task sending = client.SendAsync(much);
        Assert.Equal(much, await target.ReadAsync(much.Length));
        await sending;
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Empty(await target.ReadToEndAsync());
        await target.SendAsync("after the end of the other");
        target.HalfClose();
        Assert.Equal("after the end of the other", Encoding.ASCII.GetString(await client.RestAsync()));

        await Waiting.Until(() => server.Records().Count == 1);
        HttpRequestRecord record = server.Records()[0];
        Assert.Equal((200, 26L, 3_000_006L, true), (record.Status, record.BytesSent, record.BytesReceived ?? -1, record.Completed));
        Assert.Empty(server.Observer.FaultsLeft());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_is_passed_on(bool ofClient)
    {
        await using StubServer server = new(Route());
        using TcpListener listener = Listen();
        using Peer client = await Peer.ConnectAsync(server.EndPoint);
        await client.SendAsync($"CONNECT localhost:{Port(listener)} HTTP/1.1\r\nHost: x\r\n\r\n");
        using Peer target = new(await listener.AcceptSocketAsync().Soon());
        await client.ReadTextAsync("HTTP/1.1 200 OK\r\n\r\n");

        (ofClient ? client : target).Reset();
        IOException error = await Assert.ThrowsAsync<IOException>(() => (ofClient ? target : client).ReadAsync(1));
        Assert.Equal(SocketError.ConnectionReset, (error.InnerException as SocketException)?.SocketErrorCode);
        await Waiting.Until(() => server.Records().Count == 1);
        Assert.False(server.Records()[0].Completed);
    }

    [Theory]
    [InlineData("192.0.2.1:80", 403, "192.0.2.1")]
    [InlineData("[2001:db8::1]:80", 403, "2001:db8::1")]
    [InlineData("[::ffff:192.0.2.1]:80", 403, "192.0.2.1")]
    [InlineData("0.0.0.0:80", 403, "0.0.0.0")]
    [InlineData("[::]:80", 403, "::")]
    [InlineData("127.0.0.1:0", 400, "host and a port")]
    [InlineData("no-such-host.invalid:80", 502, "no-such-host.invalid")]
    public async Task A_target_that_is_not_allowed_or_not_there_is_refused_with_a_reason(string target, int status, string words)
    {
        await using StubServer server = new(Route());
        using HttpPeer client = await server.ConnectAsync();
        HttpAnswer answer = await client.AskAsync("CONNECT", target);
        Assert.Equal(status, answer.Status);
        Assert.Contains(words, answer.Text, StringComparison.Ordinal);

        // The connection goes on.
        Assert.Equal(404, (await client.GetAsync("/")).Status);
    }

    [Fact]
    public async Task Where_nobody_listens_is_502()
    {
        using ClosedPort closed = new();
        await using StubServer server = new(Route());
        HttpAnswer answer = await server.AskAsync("CONNECT", $"127.0.0.1:{closed.Port}");
        Assert.Equal(502, answer.Status);
        Assert.Contains("refused", answer.Text, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Who_does_not_answer_in_time_is_504()
    {
        // A full backlog answers nothing.
        using Socket full = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        List<Socket> waiting = [];
        for (int i = 0; i < 3; i++)
        {
            Socket one = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            waiting.Add(one);
            _ = one.ConnectAsync(full.LocalEndPoint!).ContinueWith(task => task.Exception, TaskScheduler.Default);
        }

        await using StubServer server = new(Route(TimeSpan.FromSeconds(0.3)));
        HttpAnswer answer = await server.AskAsync("CONNECT", $"127.0.0.1:{((IPEndPoint)full.LocalEndPoint!).Port}");
        waiting.ForEach(one => one.Dispose());
        Assert.Equal(504, answer.Status);
    }

    [Fact]
    public async Task A_proxy_asks_for_its_own_password()
    {
        await using StubServer server = new(new StubOptions { Credential = new BasicCredential("u", "p") }, Route());
        using TcpListener listener = Listen();
        using HttpPeer client = await server.ConnectAsync();
        HttpAnswer answer = await client.AskAsync("CONNECT", $"127.0.0.1:{Port(listener)}", "Authorization: Basic dTpw");
        Assert.Equal(407, answer.Status);
        Assert.StartsWith("Basic ", answer["Proxy-Authenticate"], StringComparison.Ordinal);
        await client.SendAsync($"CONNECT 127.0.0.1:{Port(listener)} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
        Assert.Equal(200, (await client.ResponseAsync("CONNECT")).Status);
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_tunnels()
    {
        StubServer server = new(Route());
        using TcpListener listener = Listen();
        using HttpPeer client = await server.ConnectAsync();
        await client.SendAsync($"CONNECT 127.0.0.1:{Port(listener)} HTTP/1.1\r\nHost: x\r\n\r\n");
        using Peer target = new(await listener.AcceptSocketAsync().Soon());
        Assert.Equal(200, (await client.ResponseAsync("CONNECT")).Status);
        await server.DisposeAsync();
        await client.AssertClosedAsync();
        Assert.Empty(await target.ReadToEndAsync());
    }

    private static HttpRoute Route(TimeSpan? timeout = null) => new(
        new RequestCriteria { Methods = ["CONNECT"] },
        [
            new StubAnswer
            {
                Service = new ConnectService(
                    new AddressFilter(ConnectService.DefaultTargets, null), timeout ?? ConnectService.DefaultTimeout),
            },
        ],
        new RouteSettings());

    private static TcpListener Listen()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
