using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

public enum TransportKind
{
    Epoll,
    Portable,
    Tls,
}

/// <summary>Two transports connected to each other over loopback.</summary>
internal sealed class TransportPair : IDisposable
{
    private TransportPair(Transport client, Transport server) => (Client, Server) = (client, server);

    /// <summary>The kinds this system has.</summary>
    internal static TransportKind[] Kinds { get; } = EpollLoop.IsSupported
        ? [TransportKind.Epoll, TransportKind.Portable, TransportKind.Tls]
        : [TransportKind.Portable, TransportKind.Tls];

    internal Transport Client { get; }

    internal Transport Server { get; }

    internal static async Task<TransportPair> CreateAsync(TransportKind kind)
    {
        (Socket client, Socket server) = await ConnectSocketsAsync();
        if (kind == TransportKind.Tls)
        {
            return await SecureAsync(client, server);
        }

        bool portable = kind == TransportKind.Portable;
        return new TransportPair(Open(client, portable), Open(server, portable));
    }

    internal static Transport Open(Socket socket, bool portable) => portable ? new PortableTransport(socket) : Transport.Create(socket);

    /// <summary>Puts TLS over two connected sockets.</summary>
    internal static async Task<TransportPair> SecureAsync(
        Socket client,
        Socket server,
        bool portable = false,
        SslClientAuthenticationOptions? clientOptions = null,
        SslServerAuthenticationOptions? serverOptions = null)
    {
        Transport accepted = Open(server, portable);
        Transport connected = Open(client, portable);
        Task<TlsTransport> accepting = TlsTransport.AcceptAsync(accepted, serverOptions ?? Certificates.ServerOptions, default);
        TlsTransport secured = await TlsTransport.ConnectAsync(connected, clientOptions ?? Certificates.ClientOptions, default).Soon();
        return new TransportPair(secured, await accepting.Soon());
    }

    internal static async Task<(Socket Client, Socket Server)> ConnectSocketsAsync()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint!).Soon();
        Socket server = await listener.AcceptAsync().Soon();
        server.NoDelay = true;
        return (client, server);
    }

    public void Dispose()
    {
        foreach (Transport end in new[] { Client, Server })
        {
            end.Dispose();
            end.Interrupt();
        }
    }
}
