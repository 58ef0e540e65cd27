using System.Management.Automation;
using PSNetLab.Engine.Inspection;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Module;

/// <summary>Gives the engine what it gets from the module, and leaves no socket behind when the module is removed.</summary>
public sealed class ModuleEvents : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport() => SocketFaults.DescribeOwner = PortOwner.Describe;

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => LiveJobs.StopOwn();
}
