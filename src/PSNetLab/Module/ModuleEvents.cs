using System.Management.Automation;
using PSNetLab.Display;
using PSNetLab.Engine.Inspection;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Module;

/// <summary>Lets the engine name the process that uses a port, and stops servers and connections when the module is removed.</summary>
public sealed class ModuleEvents : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport()
    {
        SocketFaults.DescribeOwner = PortOwner.Describe;
        EndPointText.Of = TextObject.Of;
        PartedText.Of = TextObject.Of;
        FileValue.Give = FileText.With;
        ModuleRunspace.AddTypes = ObjectTypes.AddTo;
        Rehearsal.Add(ObjectTypes.Rehearse);
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => LiveJobs.StopOwn();
}
