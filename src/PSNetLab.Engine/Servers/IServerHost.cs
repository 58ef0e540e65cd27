using System.Net;

namespace PSNetLab.Engine.Servers;

/// <summary>What a connection knows about its server.</summary>
internal interface IServerHost
{
    /// <summary>Whether connections are ending because the server is.</summary>
    bool IsStopping { get; }

    /// <summary>Reports a fault that does not end the server.</summary>
    void Report(NetLabException fault, EndPoint target);
}
