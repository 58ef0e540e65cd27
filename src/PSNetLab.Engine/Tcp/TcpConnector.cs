using System.Text;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tcp;

/// <summary>How to open a connection for messages. The cmdlets have the same defaults.</summary>
internal sealed record TcpConnectOptions : DialOptions
{
    internal MessageFraming Framing { get; init; } = RawFraming.Instance;

    internal Encoding Encoding { get; init; } = TextEncoding.Default;

    internal int MaxMessageBytes { get; init; } = MessageFraming.DefaultMaxMessageBytes;

    /// <summary>Where what goes over the connection is recorded; null for nowhere.</summary>
    internal Transcript? Transcript { get; init; }
}

/// <summary>Opens connections for messages.</summary>
internal static class TcpConnector
{
    /// <inheritdoc cref="StreamDialer.DialAsync"/>
    internal static async Task<TcpConnection> ConnectAsync(TcpConnectOptions options, CancellationToken cancellationToken)
    {
        Transport transport = await StreamDialer.DialAsync(options, cancellationToken).ConfigureAwait(false);
        StreamTap.Attach(options.Transcript, transport, isServer: false);
        return new TcpConnection(transport, options.Framing, options.Encoding, options.MaxMessageBytes);
    }
}
