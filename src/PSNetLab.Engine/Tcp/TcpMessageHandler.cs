using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tcp;

/// <summary>Serves messages over TCP: each connection is a <see cref="TcpSession"/>.</summary>
internal sealed class TcpMessageHandler(TcpServerOptions options) : IStreamHandler
{
    public TimeSpan? ShortestDeadline => options.IdleTimeout > TimeSpan.Zero ? options.IdleTimeout : null;

    public int MostTurnedAway => 0;

    public string FateOfTooMany => "are closed at once";

    public IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway)
        => new TcpSession(new TcpConnection(transport, options.Framing, options.Encoding, options.MaxMessageBytes), options, host);

    public void Close()
    {
    }
}
