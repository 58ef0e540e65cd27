using PSNetLab.Engine.Proxies;

namespace PSNetLab.Jobs;

/// <summary>A job that runs a proxy.</summary>
internal interface IProxyJob
{
    /// <summary>Its faults.</summary>
    FaultTable Faults { get; }
}
