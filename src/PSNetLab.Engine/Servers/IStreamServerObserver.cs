using System.Net;

namespace PSNetLab.Engine.Servers;

/// <summary>What a server over TCP tells beside its messages. Called on socket threads: must not block.</summary>
internal interface IStreamServerObserver
{
    /// <summary>A connection was not let in because of its address.</summary>
    void Refused(IPEndPoint remote);

    /// <summary>A connection was not let in for want of room, or a fault that the server survives.</summary>
    void Faulted(NetLabException fault, EndPoint target);
}
