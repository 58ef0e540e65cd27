using System.Text;
using PSNetLab.Engine.Framing;

namespace PSNetLab.Engine.Tests;

/// <summary>Two connections of the engine, with no server between them.</summary>
internal sealed class ConnectionPair : IDisposable
{
    private ConnectionPair(TcpConnection client, TcpConnection server) => (Client, Server) = (client, server);

    internal TcpConnection Client { get; }

    internal TcpConnection Server { get; }

    internal static async Task<ConnectionPair> CreateAsync(TransportKind kind, string framing = "Line", int limit = 1 << 20)
    {
        TransportPair pair = await TransportPair.CreateAsync(kind);
        MessageFraming parsed = FramingParser.Parse(framing);
        return new ConnectionPair(new(pair.Client, parsed, Encoding.UTF8, limit), new(pair.Server, parsed, Encoding.UTF8, limit));
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}

internal static class ConnectionMessages
{
    internal static Task SendAsync(this TcpConnection connection, string text, CancellationToken cancellationToken = default)
        => connection.SendAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

    /// <summary>One message, in a frame.</summary>
    internal static Task SendAsync(this TcpConnection connection, byte[] payload, CancellationToken cancellationToken = default)
        => connection.SendAsync(FramingRun.Encode(connection.Frames, payload), 1, cancellationToken).AsTask();

    internal static Task<TcpMessage?> NextAsync(this TcpConnection connection) => connection.ReceiveAsync(CancellationToken.None).Soon();

    internal static async Task<string?> NextTextAsync(this TcpConnection connection) => (await connection.NextAsync())?.Text;
}
