using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Jobs;

/// <summary>A job that runs a TCP server.</summary>
public abstract class StreamServerJob : ServerJob, IStreamServerObserver
{
    private protected StreamServerJob(string command, string? name, string kind, RecordOptions records)
        : base(command, name, kind, records)
    {
    }

    /// <inheritdoc/>
    public override int ConnectionCount => Server.ConnectionCount;

    /// <summary>Messages received, or requests answered, on all connections so far.</summary>
    public override long MessageCount => Server.Totals.MessagesReceived;

    /// <summary>Bytes received on all connections so far.</summary>
    public override long BytesReceived => Server.Totals.BytesReceived;

    /// <summary>Bytes sent on all connections so far; for HTTP, without the response headers.</summary>
    public override long BytesSent => Server.Totals.BytesSent;

    /// <summary>Connections that were refused because of -MaxConnections or their address.</summary>
    public override long Refused => Server.Refused;

    internal override IPEndPoint Local => (IPEndPoint)Server.LocalEndPoint;

    internal override Transcript? Transcript => Server.Transcript;

    internal override Socket Socket => Server.Listener;

    internal override Totals Totals => Server.Totals;

    private protected abstract StreamServer Server { get; }

    void IStreamServerObserver.Opened(IServedConnection connection) => OnOpened(connection);

    void IStreamServerObserver.Closed(IServedConnection connection) => OnClosed(connection);

    void IStreamServerObserver.Refused(IPEndPoint remote)
        => Inform("Refused", $"Connection from {remote} refused: its address is not allowed (-AllowAddress, -DenyAddress)");

    void IStreamServerObserver.Faulted(NetLabException fault, EndPoint target) => Write(Errors.Record(fault, target));

    private protected virtual void OnOpened(IServedConnection connection)
    {
    }

    private protected virtual void OnClosed(IServedConnection connection)
    {
    }

    private protected override Task WorkAsync()
    {
        Server.Run(this);
        return Server.Completion;
    }

    private protected override void BeginStop() => Server.Stop();
}
