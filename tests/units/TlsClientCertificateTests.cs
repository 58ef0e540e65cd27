using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>Certificates of both sides, and what each side knows and says about the other's.</summary>
public class TlsClientCertificateTests
{
    private static readonly CertificateAuthority s_root = new("Root");
    private static readonly CertificateAuthority s_middle = new("Middle", s_root);
    private static readonly CertificateAuthority s_other = new("Other");
    private static readonly SslStreamCertificateContext s_server = Context(s_middle.Issue("shop.example"));
    private static readonly SslStreamCertificateContext s_alice = Context(s_middle.Issue("alice", usage: CertificateAuthority.ForClients));
    private static readonly SslStreamCertificateContext s_stranger
        = Context(s_other.Issue("stranger", usage: CertificateAuthority.ForClients));

    private static TlsClientOptions Client => new() { TargetHost = "shop.example", Trusted = [s_root.Public] };

    [Theory]
    [InlineData(ClientCertificateMode.Require)]
    [InlineData(ClientCertificateMode.Allow)]
    public async Task Both_sides_know_each_other(ClientCertificateMode mode)
    {
        await using TestServer server = Start(mode, alpn: ["b", "a"]);
        using TcpConnection client = await ConnectAsync(server, Client with { Certificate = s_alice, Alpn = ["a", "b"] });
        await EchoAsync(client);

        TlsInfo seen = Assert.IsType<TlsInfo>(client.Tls);
        Assert.Equal(["CN=shop.example", "CN=Middle", "CN=Root"], seen.PeerChain.Select(one => one.Subject));
        Assert.Equal(("CN=shop.example", "shop.example", "b"), (seen.PeerSubject, seen.ServerName, seen.Alpn));
        Assert.Equal(seen.PeerCertificate?.Thumbprint, seen.PeerThumbprint);
        TlsInfo served = Assert.IsType<TlsInfo>((await server.Observer.OpenedAsync()).Tls);
        Assert.Equal(["CN=alice", "CN=Middle", "CN=Root"], served.PeerChain.Select(one => one.Subject));
        Assert.Equal(("CN=alice", "shop.example", "b"), (served.PeerSubject, served.ServerName, served.Alpn));
        Assert.Equal((seen.Protocol, seen.CipherSuite), (served.Protocol, served.CipherSuite));
        Assert.Equal(0, server.Observer.FaultCount);
    }

    [Fact]
    public async Task A_client_that_has_none_may_be_allowed()
    {
        await using TestServer server = Start(ClientCertificateMode.Allow);
        using TcpConnection client = await ConnectAsync(server, Client);
        await EchoAsync(client);
        TlsInfo served = (await server.Observer.OpenedAsync()).Tls!;
        Assert.Null(served.PeerCertificate);
        Assert.Null(served.PeerSubject);
        Assert.Empty(served.PeerChain);
    }

    [Theory]
    [InlineData(ClientCertificateMode.Require, false, "Give one that it accepts with -ClientCertificate", "sent no certificate, and "
        + "-ClientCertificate Require asks for one")]
    [InlineData(ClientCertificateMode.Require, true, "Check -ClientCertificate", "CN=stranger, was not accepted: its chain is "
        + "incomplete: the certificate of the issuer CN=Other")]
    [InlineData(ClientCertificateMode.Allow, true, "Check -ClientCertificate", "CN=stranger, was not accepted: its chain is incomplete: "
        + "the certificate of the issuer CN=Other")]
    public async Task A_rejection_is_clear_on_both_sides(ClientCertificateMode mode, bool hasOne, string told, string reported)
    {
        await using TestServer server = Start(mode);
        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(async () =>
        {
            using TcpConnection client = await ConnectAsync(server, Client with { Certificate = hasOne ? s_stranger : null });
            await client.ReceiveAsync(CancellationToken.None).AsTask().Soon();
        });

        Assert.Equal(FaultKind.OwnCertificateRejected, fault.Kind);
        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        (NetLabException theirs, _) = await server.Observer.FaultAsync();
        Assert.Equal(FaultKind.CertificateRejected, theirs.Kind);
        Assert.Contains(reported, theirs.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_issuer_that_is_not_among_the_trusted_is_an_error_that_names_it()
    {
        await using TestServer server = Start(null);
        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(
            () => ConnectAsync(server, Client with { Trusted = [s_other.Public] }));
        Assert.Equal(FaultKind.CertificateRejected, fault.Kind);
        Assert.Contains("CN=Root", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("-TargetHost", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("::ffff:127.0.0.1", null)]
    [InlineData("127.0.0.1", "::ffff:127.0.0.1")]
    [InlineData("::ffff:127.0.0.1", "[::ffff:7f00:1]")]
    public async Task An_IPv4_mapped_address_is_the_IPv4_address_that_the_certificate_names(string host, string? target)
    {
        await using TestServer server = new(new() { Echo = true, Framing = DelimiterFraming.Line, Tls = Certificates.Tls });
        TlsClientOptions tls = new() { TargetHost = target, Trusted = [Certificates.Server.TargetCertificate] };
        using TcpConnection client = await ConnectAsync(server, tls, host);
        await EchoAsync(client);
    }

    [Fact]
    public async Task Sides_without_a_common_protocol_say_so()
    {
        await using TestServer server = Start(null, alpn: ["a"]);
        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => ConnectAsync(server, Client with { Alpn = ["b"] }));
        Assert.Equal(FaultKind.TlsHandshakeFailed, fault.Kind);
        Assert.Contains("-Alpn", fault.Message, StringComparison.Ordinal);
    }

    private static TestServer Start(ClientCertificateMode? mode, params string[] alpn) => new(new()
    {
        Echo = true,
        Framing = DelimiterFraming.Line,
        Tls = new(s_server) { ClientCertificate = mode, Trusted = [s_root.Public], Alpn = alpn },
    });

    private static Task<TcpConnection> ConnectAsync(TestServer server, TlsClientOptions tls, string host = "127.0.0.1")
        => TcpConnector.ConnectAsync(
            new() { Host = host, Port = server.EndPoint.Port, Framing = DelimiterFraming.Line, Tls = tls },
            CancellationToken.None).Soon();

    private static async Task EchoAsync(TcpConnection client)
    {
        await client.SendAsync("x\n"u8, messages: 1, CancellationToken.None);
        Assert.Equal("x", (await client.ReceiveAsync(CancellationToken.None).AsTask().Soon())!.Text);
    }

    private static SslStreamCertificateContext Context(X509Certificate2 leaf)
    {
        CertificateBag bag = new();
        bag.Add(leaf);
        if (leaf.Issuer == "CN=Middle")
        {
            bag.Add(s_middle.Public);
            bag.Add(s_root.Public);
        }

        return bag.ToContext("-Certificate");
    }
}
