using System.Net;

namespace PSNetLab.Engine.Servers;

/// <summary>The server as its connections see it.</summary>
internal interface IServerHost
{
    /// <summary>Where the server listens.</summary>
    EndPoint LocalEndPoint { get; }

    /// <summary>Whether the server is stopping, so that its connections must end.</summary>
    bool IsStopping { get; }

    /// <summary>Reports a fault that does not end the server.</summary>
    void Report(NetLabException fault, EndPoint target);
}
