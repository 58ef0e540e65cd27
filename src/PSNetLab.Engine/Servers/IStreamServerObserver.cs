using System.Net;

namespace PSNetLab.Engine.Servers;

/// <summary>Gets the events of a <see cref="StreamServer"/>. Called on threads that serve sockets, so it must not block.</summary>
internal interface IStreamServerObserver
{
    void Opened(IServedConnection connection);

    /// <summary>Called once the connection is counted as closed.</summary>
    void Closed(IServedConnection connection);

    /// <summary>Called when a connection was refused because of its address.</summary>
    void Refused(IPEndPoint remote);

    /// <summary>Called when a connection was refused for lack of room, or after a fault that does not end the server.</summary>
    void Faulted(NetLabException fault, EndPoint target);
}
