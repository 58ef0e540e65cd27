using System.Management.Automation;
using PSNetLab.Jobs;

namespace PSNetLab.Module;

/// <summary>Leaves no socket behind when the module is removed.</summary>
public sealed class ModuleEvents : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => LiveJobs.StopOwn();
}
