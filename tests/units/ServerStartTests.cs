using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>
/// Clients that knock before, during and after the start of a server: each is served
/// or turned away, and the observer hears nothing too early.
/// </summary>
public class ServerStartTests
{
    private const int Starts = 200;

    public enum Kind
    {
        Tcp,
        Tls,
        Http,
        Https,
    }

    [Theory]
    [InlineData(Kind.Tcp)]
    [InlineData(Kind.Tls)]
    [InlineData(Kind.Http)]
    [InlineData(Kind.Https)]
    public async Task Who_connects_all_the_time_is_always_answered_or_turned_away(Kind kind)
    {
        using WebFolder folder = new();
        folder.Write("x", "x");
        using CancellationTokenSource over = new();
        Server first = new(kind, folder, 0);
        IPEndPoint endPoint = first.EndPoint;
        KnockingClient[] clients = [.. Enumerable.Range(0, 3).Select(_ => new KnockingClient(kind, endPoint, over.Token))];
        List<Task> ends = [];
        for (int i = 0; i < Starts; i++)
        {
            int connects = i == 0 ? 0 : clients.Sum(client => client.Connects);
            Server server = i == 0 ? first : await Starting.WhenFree(() => new Server(kind, folder, endPoint.Port));
            await Waiting.Until(() => clients.Sum(client => client.Connects) > connects);
            int answers = clients.Sum(client => client.Answers);
            server.Run();
            await Waiting.Until(() => clients.Sum(client => client.Answers) > answers);
            ends.Add(server.StopAsync());
        }

        await over.CancelAsync();
        await Task.WhenAll(clients.Select(client => client.Ended)).Soon();
        await Task.WhenAll(ends).Soon();
    }

    [Fact]
    public async Task Who_sends_datagrams_all_the_time_is_answered_by_each_server()
    {
        UdpServer first = UdpServer.Bind(new() { Echo = true });
        IPEndPoint endPoint = first.LocalEndPoint;
        using Socket client = new(SocketType.Dgram, ProtocolType.Udp);
        client.Connect(endPoint);
        int answers = 0;
        using CancellationTokenSource over = new();
        Task knocking = Task.Run(async () =>
        {
            byte[] buffer = new byte[1];
            while (!over.IsCancellationRequested)
            {
                try
                {
                    client.Send("x"u8);
                    using CancellationTokenSource limit = new(10);
                    await client.ReceiveAsync(buffer, limit.Token);
                    Interlocked.Increment(ref answers);
                }
                catch (Exception error) when (error is SocketException or OperationCanceledException)
                {
                    // Nobody there just now.
                }
            }
        });
        for (int i = 0; i < Starts; i++)
        {
            UdpServer server = i == 0
                ? first
                : await Starting.WhenFree(() => UdpServer.Bind(new() { Binding = new() { EndPoint = endPoint }, Echo = true }));
            server.Run();
            int before = Volatile.Read(ref answers);
            await Waiting.Until(() => Volatile.Read(ref answers) > before);
            server.Stop();
            await server.Completion.Soon();
        }

        await over.CancelAsync();
        await knocking.Soon();
    }

    [Fact]
    public async Task Nobody_is_accepted_before_the_server_runs_and_whoever_waited_is_served_then()
    {
        TestObserver observer = new();
        StreamServer server = Starting.Bind(new TcpServerOptions { Echo = true });
        using Peer waiting = await Peer.ConnectAsync(server.LocalEndPoint);
        await waiting.SendAsync("early");
        using Peer gone = await Peer.ConnectAsync(server.LocalEndPoint);
        gone.Reset();
        Assert.Equal(0, server.ConnectionCount);

        server.Run(observer);

        Assert.Equal("early", await waiting.ReadTextAsync("early"));
        server.Stop();
        await server.Completion.Soon();
    }

    [Theory]
    [InlineData(Kind.Tcp)]
    [InlineData(Kind.Http)]
    public async Task A_server_that_is_stopped_before_it_runs_frees_its_port_and_is_over(Kind kind)
    {
        using WebFolder folder = new();
        Server server = new(kind, folder, Ports.Free().Port);
        using Peer peer = await Peer.ConnectAsync(server.EndPoint);

        Task ended = server.StopAsync();

        await ended.Soon();
        Assert.Empty(await peer.ReadToEndAsync());
        await new Server(kind, folder, server.EndPoint.Port).StopAsync().Soon();
        server.Run();
        await Assert.ThrowsAnyAsync<SocketException>(() => Peer.ConnectAsync(server.EndPoint));
    }

    [Fact]
    public async Task A_UDP_server_that_is_stopped_before_it_runs_frees_its_port_and_is_over()
    {
        UdpServer server = UdpServer.Bind(new() { Binding = new() { EndPoint = Ports.Free() } });

        server.Stop();

        await server.Completion.Soon();
        UdpServer next = UdpServer.Bind(new() { Binding = new() { EndPoint = server.LocalEndPoint } });
        next.Stop();
        await next.Completion.Soon();
    }

    /// <summary>A server whose owner is not whole before <see cref="Run"/>, as with a job.</summary>
    private sealed class Server : IStreamServerObserver
    {
        private readonly StreamServer _server;
        private readonly List<string> _early = [];
        private volatile bool _isWhole;

        internal Server(Kind kind, WebFolder folder, int port)
        {
            IPEndPoint endPoint = new(IPAddress.Loopback, port);
            Engine.IO.TlsServerOptions? tls = kind is Kind.Tls or Kind.Https ? Certificates.Tls : null;
            _server = kind is Kind.Tcp or Kind.Tls
                ? Starting.Bind(new TcpServerOptions { EndPoint = endPoint, Echo = true, Tls = tls })
                : Starting.Bind(new StaticSiteOptions { EndPoint = endPoint, Folder = folder.Path, Tls = tls });
        }

        internal IPEndPoint EndPoint => (IPEndPoint)_server.LocalEndPoint;

        internal void Run()
        {
            _isWhole = true;
            _server.Run(this);
        }

        internal async Task StopAsync()
        {
            _server.Stop();
            await _server.Completion;
            Assert.Empty(_early);
            Assert.Equal(0, _server.ConnectionCount);
        }

        public void Opened(IServedConnection connection) => Note(nameof(Opened));

        public void Closed(IServedConnection connection) => Note(nameof(Closed));

        public void Refused(IPEndPoint remote) => Note(nameof(Refused));

        public void Faulted(NetLabException fault, EndPoint target) => Note(fault.Message);

        private void Note(string what)
        {
            if (!_isWhole)
            {
                lock (_early)
                {
                    _early.Add(what);
                }
            }
        }
    }

    /// <summary>Connects, asks and reads to the answer or the end, over and over. An answer that does not come fails it.</summary>
    private sealed class KnockingClient
    {
        private readonly Kind _kind;
        private readonly IPEndPoint _endPoint;
        private int _connects;
        private int _answers;

        internal KnockingClient(Kind kind, IPEndPoint endPoint, CancellationToken over)
        {
            _kind = kind;
            _endPoint = endPoint;
            Ended = Task.Run(() => KnockAsync(over), CancellationToken.None);
        }

        internal Task Ended { get; }

        internal int Connects => Volatile.Read(ref _connects);

        internal int Answers => Volatile.Read(ref _answers);

        private async Task KnockAsync(CancellationToken over)
        {
            byte[] question = Encoding.ASCII.GetBytes(
                _kind is Kind.Http or Kind.Https ? "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n" : "x");
            byte[] answer = new byte[1024];
            while (!over.IsCancellationRequested)
            {
                using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(_endPoint).Soon();
                    Interlocked.Increment(ref _connects);
                    await using Stream stream = await SecureAsync(new NetworkStream(socket)).Soon();
                    await stream.WriteAsync(question, CancellationToken.None).Soon();
                    if (await stream.ReadAsync(answer, CancellationToken.None).Soon() > 0)
                    {
                        Interlocked.Increment(ref _answers);
                    }
                }
                catch (Exception error) when (error is SocketException or IOException)
                {
                    // Nobody there just now, or gone meanwhile.
                }
            }
        }

        private async Task<Stream> SecureAsync(NetworkStream plain)
        {
            if (_kind is not (Kind.Tls or Kind.Https))
            {
                return plain;
            }

            SslStream secured = new(plain);
            await secured.AuthenticateAsClientAsync(Certificates.ClientOptions);
            return secured;
        }
    }
}
