using System.Net;

namespace PSNetLab.Engine.Servers;

/// <summary>Who is told what happens at a <see cref="StreamServer"/>. Called on socket threads: must not block.</summary>
internal interface IStreamServerObserver
{
    void Opened(IServedConnection connection);

    /// <summary>Told once the connection is counted among the closed ones.</summary>
    void Closed(IServedConnection connection);

    /// <summary>A connection was not let in because of its address.</summary>
    void Refused(IPEndPoint remote);

    /// <summary>A connection was not let in for want of room, or a fault that the server survives.</summary>
    void Faulted(NetLabException fault, EndPoint target);
}
