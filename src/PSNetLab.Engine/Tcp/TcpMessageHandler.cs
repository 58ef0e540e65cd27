using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tcp;

/// <summary>Serves messages over TCP: each connection is a <see cref="TcpSession"/>.</summary>
internal sealed class TcpMessageHandler(TcpServerOptions options) : IStreamHandler
{
    private readonly MemoryBudget _memory = new(options.MaxPendingBytes);

    public TimeSpan? ShortestDeadline
    {
        get
        {
            TimeSpan[] limits = [.. new[] { options.IdleTimeout, options.MessageTimeout }.Where(limit => limit > TimeSpan.Zero)];
            return limits.Length == 0 ? null : limits.Min();
        }
    }

    /// <summary>The memory of all its connections.</summary>
    internal MemoryBudget Memory => _memory;

    public int MostTurnedAway => 0;

    public string FateOfTooMany => "are closed at once";

    public IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway)
    {
        HeldMemory held = new(_memory);
        TcpConnection connection = new(transport, options.Framing, options.Encoding, options.MaxMessageBytes, held)
        {
            Pace = options.BytesPerSecond > 0 ? new Pace(options.BytesPerSecond, options.Clock) : null,
        };
        return new TcpSession(connection, options, host);
    }

    public void Close()
    {
    }
}
