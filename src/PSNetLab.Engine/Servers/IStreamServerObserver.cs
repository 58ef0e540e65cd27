using System.Net;

namespace PSNetLab.Engine.Servers;

/// <summary>Gets the events of a <see cref="StreamServer"/>. Called on socket threads: must not block.</summary>
internal interface IStreamServerObserver
{
    void Opened(IServedConnection connection);

    /// <summary>Called once the connection is counted as closed.</summary>
    void Closed(IServedConnection connection);

    /// <summary>A connection was refused because of its address.</summary>
    void Refused(IPEndPoint remote);

    /// <summary>A connection was refused for lack of room, or there was a fault that does not end the server.</summary>
    void Faulted(NetLabException fault, EndPoint target);
}
