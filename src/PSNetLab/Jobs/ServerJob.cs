using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>A job that listens on a port.</summary>
public abstract class ServerJob : NetJob
{
    private protected ServerJob(string command, string? name, string kind, RecordOptions records)
        : base(command, name, kind, records)
    {
    }

    /// <summary>The address and port the job listens on.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>The port the job listens on.</summary>
    public int Port => LocalEndPoint.Port;

    /// <summary>The endpoint, as Get-Job shows it.</summary>
    public override string Location => LocalEndPoint.ToString();

    /// <summary>The number of open connections.</summary>
    public virtual int ConnectionCount => 0;

    /// <summary>Messages received so far.</summary>
    public abstract long MessageCount { get; }

    /// <summary>Bytes received so far.</summary>
    public abstract long BytesReceived { get; }

    /// <summary>Bytes sent so far.</summary>
    public abstract long BytesSent { get; }

    /// <summary>Peers or datagrams that were refused.</summary>
    public abstract long Refused { get; }

    /// <summary>The socket the job listens on.</summary>
    internal abstract Socket Socket { get; }

    /// <summary>The bytes and messages received and sent so far.</summary>
    internal abstract Totals Totals { get; }

    private protected override object FaultTarget => LocalEndPoint;

    /// <summary>The numbers of dropped and refused messages or connections, for the status message; empty if there were none.</summary>
    private protected string Losses => (Dropped > 0 ? $", {Dropped} dropped" : string.Empty) + (Refused > 0 ? $", {Refused} refused" : string.Empty);
}
