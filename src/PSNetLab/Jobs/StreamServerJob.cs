using System.Net;
using PSNetLab.Engine;

namespace PSNetLab.Jobs;

/// <summary>A job behind which a server over TCP works.</summary>
public abstract class StreamServerJob : SocketJob, IStreamServerObserver
{
    private protected StreamServerJob(string command, string? name, string kind, RecordOptions records)
        : base(command, name, kind, records)
    {
    }

    void IStreamServerObserver.Refused(IPEndPoint remote) => Inform("Refused", $"Connection from {remote} refused: its address is not allowed (-AllowAddress, -DenyAddress)");

    void IStreamServerObserver.Faulted(NetLabException fault, EndPoint target) => Write(Errors.Record(fault, target));
}
