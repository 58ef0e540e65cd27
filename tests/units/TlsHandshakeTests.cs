using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>A handshake runs outside the event loops, and contacts nobody but its peer.</summary>
public sealed class TlsHandshakeTests : IDisposable
{
    // One for each event loop there can be, and some more.
    private const int Bystanders = 20;

    private readonly ManualResetEventSlim _seen = new();
    private readonly ManualResetEventSlim _open = new();

    public static TheoryData<bool, SslProtocols> Ways => new()
    {
        { false, SslProtocols.Tls12 },
        { false, SslProtocols.Tls13 },
        { true, SslProtocols.Tls12 },
        { true, SslProtocols.Tls13 },
    };

    public void Dispose()
    {
        _open.Set();
        _seen.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_client_that_ponders_a_certificate_holds_nobody_up(bool portable, SslProtocols protocol)
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        SslClientAuthenticationOptions options = Certificates.ClientOptions;
        options.EnabledSslProtocols = protocol;
        options.RemoteCertificateValidationCallback = (_, _, _, _) => Ponder();

        await AssertNobodyWaitsAsync(TransportPair.SecureAsync(client, server, portable, options));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_server_that_ponders_its_certificate_holds_nobody_up(bool portable, SslProtocols protocol)
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        SslClientAuthenticationOptions options = Certificates.ClientOptions;
        options.EnabledSslProtocols = protocol;
        SslServerAuthenticationOptions pondering = new()
        {
            ServerCertificateSelectionCallback = (_, _) => Ponder() ? Certificates.Server.TargetCertificate : null!,
        };

        await AssertNobodyWaitsAsync(TransportPair.SecureAsync(client, server, portable, options, pondering));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_limit_holds_even_while_a_certificate_is_pondered(bool portable)
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        using CancellationTokenSource limit = new();
        SslClientAuthenticationOptions options = Certificates.ClientOptions;
        options.RemoteCertificateValidationCallback = (_, _, _, _) => Ponder();
        Task accepting = TlsTransport.AcceptAsync(
            TransportPair.Open(server, portable), Certificates.ServerOptions, CancellationToken.None);
        Task connecting = TlsTransport.ConnectAsync(TransportPair.Open(client, portable), options, limit.Token);
        await SeenAsync();

        await limit.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Soon());
        Assert.True(client.SafeHandle.IsClosed);
        await Record.ExceptionAsync(() => accepting.Soon());
        server.Dispose();
    }

    [Fact]
    public Task Nobody_is_asked_for_an_issuer_or_for_a_revocation_list() => Waiting.OneOf(3, async () =>
    {
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        SslServerAuthenticationOptions issued = Certificates.IssuedBy(new Uri($"http://{silent.LocalEndPoint}/"));
        await using TestServer server = new(new() { Tls = new(issued.ServerCertificateContext!) });
        TcpConnectOptions options =
            new() { Host = "localhost", Port = server.EndPoint.Port, Tls = new(), Timeout = TimeSpan.FromSeconds(5) };
        await using TestServer echo = new(new() { Echo = true });
        using Peer bystander = await echo.ConnectAsync();
        Stopwatch clock = Stopwatch.StartNew();

        Task<TcpConnection> connecting = TcpConnector.ConnectAsync(options, CancellationToken.None);
        List<TimeSpan> waits = [];
        do
        {
            TimeSpan sent = clock.Elapsed;
            await bystander.SendAsync("?");
            await bystander.ReadTextAsync("?");
            waits.Add(clock.Elapsed - sent);
        }
        while (!connecting.IsCompleted);

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => connecting);
        Assert.Equal(FaultKind.CertificateRejected, fault.Kind);
        Assert.False(silent.Poll(0, SelectMode.SelectRead), "Somebody was asked.");

        // One wait may contain a garbage collection of the other tests in this process.
        waits.Sort();
        Assert.InRange(waits[waits.Count / 2], TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
        Assert.InRange(waits[^1], TimeSpan.Zero, TimeSpan.FromSeconds(1));
    });

    private bool Ponder()
    {
        _seen.Set();
        _open.Wait();
        return true;
    }

    private Task SeenAsync() => Task.Run(_seen.Wait).Soon();

    /// <summary>With the handshake in the middle of its work, everybody else is served.</summary>
    private async Task AssertNobodyWaitsAsync(Task<TransportPair> pairing)
    {
        await SeenAsync();
        await using TestServer echo = new(new() { Echo = true });
        for (int i = 0; i < Bystanders; i++)
        {
            using Peer bystander = await echo.ConnectAsync();
            await bystander.SendAsync("?");
            Assert.Equal("?", await bystander.ReadTextAsync("?"));
        }

        Assert.False(pairing.IsCompleted);
        _open.Set();
        using TransportPair pair = await pairing.Soon();
        await pair.Client.SendAsync("through"u8.ToArray(), CancellationToken.None).Soon();
        Assert.Equal("through"u8.ToArray(), await pair.Server.ReadExactlyAsync(7).Soon());
    }
}
