using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>What the end of a connection says about the certificate of the client.</summary>
public class OwnCertificateVerdictTests
{
    private static readonly SslStreamCertificateContext s_own = SslStreamCertificateContext.Create(
        new CertificateAuthority("Authority").Issue("client", usage: CertificateAuthority.ForClients), null, offline: true);

    [Theory]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, false)]
    [InlineData(SslProtocols.Tls13, true)]
    public async Task An_end_without_a_word_is_a_rejection_only_if_the_server_asked(SslProtocols version, bool asks)
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        using TransportPair pair = await TransportPair.SecureAsync(
            client, server, clientOptions: Client(), serverOptions: Server(version, asks));
        Assert.Equal(asks, pair.Client.MayBeRejected);

        server.Shutdown(SocketShutdown.Send);

        if (asks)
        {
            NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => pair.Client.WaitReadableAsync(default).Soon());
            Assert.Equal(FaultKind.OwnCertificateRejected, fault.Kind);
        }
        else
        {
            await pair.Client.WaitReadableAsync(default).Soon();
            Assert.Equal(0, pair.Client.TryReceive(new byte[1]));
        }
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_session_that_goes_on_shows_the_certificate_again(SslProtocols version)
    {
        for (int i = 0; i < 3; i++)
        {
            (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
            SslServerAuthenticationOptions options = Server(version, asks: true);
            options.AllowTlsResume = true;
            using TransportPair pair = await TransportPair.SecureAsync(client, server, clientOptions: Client(), serverOptions: options);
            await pair.Server.SendAsync("x"u8.ToArray(), default).Soon();
            Assert.True(pair.Client.MayBeRejected);
            await pair.Client.WaitReadableAsync(default).Soon();
            Assert.False(pair.Client.MayBeRejected);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_end_in_the_handshake_is_a_rejection_only_once_the_certificate_was_sent(bool asks)
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        Transport connected = TransportPair.Open(client, portable: false);
        Task<TlsTransport> connecting = TlsTransport.ConnectAsync(connected, Client(), default);
        if (asks)
        {
            await using SslStream stream = new(new SingleFlight(server));
            await Assert.ThrowsAsync<IOException>(() => stream.AuthenticateAsServerAsync(Server(SslProtocols.Tls12, asks: true)).Soon());
            Assert.Equal(FaultKind.OwnCertificateRejected, (await Assert.ThrowsAsync<NetLabException>(() => connecting.Soon())).Kind);
        }
        else
        {
            Assert.NotEqual(0, await server.ReceiveAsync(new byte[1]).Soon());
            server.Dispose();
            Assert.IsNotType<NetLabException>(await Assert.ThrowsAnyAsync<Exception>(() => connecting.Soon()));
        }
    }

    private static SslClientAuthenticationOptions Client()
    {
        SslClientAuthenticationOptions options = new TlsClientOptions { Certificate = s_own, SkipCertificateCheck = true }
            .ForHandshake(new PeerCheck(new CertificateExpectation { Host = "localhost" }) { AcceptsAny = true });
        options.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        return options;
    }

    private static SslServerAuthenticationOptions Server(SslProtocols version, bool asks) => new()
    {
        ServerCertificateContext = Certificates.Server,
        EnabledSslProtocols = version,
        ClientCertificateRequired = asks,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = asks ? static (_, certificate, _, _) => certificate is not null : null,
    };

    /// <summary>Closes instead of writing a second time.</summary>
    private sealed class SingleFlight(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private bool _hasWritten;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_hasWritten)
            {
                Dispose();
                throw new IOException();
            }

            _hasWritten = true;
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
