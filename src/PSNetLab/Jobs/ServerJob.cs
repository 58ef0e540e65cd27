using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>A job that listens on a port.</summary>
public abstract class ServerJob : NetJob
{
    private protected ServerJob(string command, string? name, string kind, RecordOptions records)
        : base(command, name, kind, records)
    {
    }

    /// <summary>The address and port the job listens on, as text that has an Address and a Port.</summary>
    public object LocalEndPoint => EndPointText.Of(Local);

    /// <summary>The port the job listens on.</summary>
    public int Port => Local.Port;

    /// <summary>
    /// The address at which clients on this machine reach the job: the one it listens on, or a loopback address if it listens on all.
    /// </summary>
    public string Address => Addresses.Reached(Local.Address).ToString();

    /// <summary>The endpoint, as Get-Job shows it.</summary>
    public override string Location => Local.ToString();

    /// <summary>Where clients on this machine reach the job, as host:port: a job in place of a host means this.</summary>
    public override string ToString() => Addresses.Join(Address, Port);

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

    internal abstract IPEndPoint Local { get; }

    /// <summary>What went over its connections; null without -Transcript.</summary>
    internal abstract Transcript? Transcript { get; }

    /// <summary>The socket the job listens on.</summary>
    internal abstract Socket Socket { get; }

    /// <summary>The bytes and messages received and sent so far.</summary>
    internal abstract Totals Totals { get; }

    private protected override object FaultTarget => Local;

    private protected override bool Concerns(ErrorRecord error, IPEndPoint own, IPEndPoint peer)
        => error.TargetObject is IPEndPoint client ? Covers(own, client) : Covers(Local, peer);

    /// <summary>The numbers of dropped and refused messages or connections, for the status message; empty if there were none.</summary>
    private protected string Losses
        => (Dropped > 0 ? $", {Dropped} dropped" : string.Empty) + (Refused > 0 ? $", {Refused} refused" : string.Empty);

    /// <summary>Whether a socket that is bound to an endpoint, perhaps on all addresses, can be reached at another.</summary>
    private static bool Covers(IPEndPoint bound, IPEndPoint endPoint)
        => bound.Port == endPoint.Port && (Addresses.IsAny(bound.Address) || bound.Address.Equals(endPoint.Address));
}
