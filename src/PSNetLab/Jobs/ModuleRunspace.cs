using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PSNetLab.Jobs;

/// <summary>Runspaces for script blocks of a job, with the cmdlets of this module.</summary>
/// <remarks>
/// The cmdlets come from the loaded assembly: a module imported by path would not be found by name, and an import in each
/// runspace takes time and, in parallel, runs into a race in PowerShell over format files.
/// </remarks>
internal static class ModuleRunspace
{
    private static readonly Lazy<SessionStateCmdletEntry[]> s_cmdlets = new(() =>
    [
        .. from type in typeof(ModuleRunspace).Assembly.GetExportedTypes()
           let cmdlet = type.GetCustomAttribute<CmdletAttribute>()
           where cmdlet is not null
           select new SessionStateCmdletEntry($"{cmdlet.VerbName}-{cmdlet.NounName}", type, null),
    ]);

    /// <summary>Adds what is known of the objects, so that a script sees them as the prompt does.</summary>
    internal static Action<InitialSessionState> AddTypes { get; set; } = _ => { };

    internal static Runspace Create()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.Commands.Add(s_cmdlets.Value);
        AddTypes(state);
        Runspace runspace = RunspaceFactory.CreateRunspace(state);
        runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        return runspace;
    }
}
