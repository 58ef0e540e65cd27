using System.Net;

namespace PSNetLab.Engine.Servers;

/// <summary>What a connection knows of its server.</summary>
internal interface IServerHost
{
    /// <summary>Whether connections end because the server does.</summary>
    bool IsStopping { get; }

    /// <summary>Tells of a fault that the server survives.</summary>
    void Report(NetLabException fault, EndPoint target);
}
