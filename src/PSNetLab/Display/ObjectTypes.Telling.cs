using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using PSNetLab.Jobs;

namespace PSNetLab.Display;

/// <content>How PowerShell is told.</content>
internal static partial class ObjectTypes
{
    private static readonly ConditionalWeakTable<Runspace, object> s_told = [];

    /// <summary>
    /// Works out what is to be told, so that the first cmdlet finds it ready, and goes through what PowerShell does when it is told, as
    /// far as that needs no runspace.
    /// </summary>
    internal static void Rehearse()
    {
        TypeTable table = new([]);
        foreach (TypeData type in s_types.Value)
        {
            table.AddType(type);
        }

        // A steppable pipeline looks for its caller like this.
        _ = Regex.IsMatch("GetSteppablePipeline", "GetSteppablePipeline", RegexOptions.IgnoreCase);
    }

    /// <summary>Tells the runspace of this thread, once.</summary>
    internal static void Tell()
    {
        if (Runspace.DefaultRunspace is not { } runspace || !s_told.TryAdd(runspace, s_told))
        {
            return;
        }

        try
        {
            TellAll();
        }
        catch (RuntimeException error) when (error is not PipelineStoppedException)
        {
            // Types that a program shares between its runspaces cannot be changed. The cmdlets work without what is told here.
        }
        catch
        {
            s_told.Remove(runspace); // the next cmdlet tells it again
            throw;
        }
    }

    private static void TellAll()
    {
        // By its type: the cmdlet need not be visible in the runspace.
        Type cmdlet = Type.GetType(
            "Microsoft.PowerShell.Commands.UpdateTypeDataCommand, Microsoft.PowerShell.Commands.Utility", throwOnError: true)!;
        SwitchParameter no = new(false);

        // It runs in the scope of whoever called the cmdlet, whose preferences and default parameters are not meant for it.
        ScriptBlock call = ScriptCall.Create(
            new CmdletInfo("Update-TypeData", cmdlet),
            ("TypeData", s_types.Value),
            ("Force", SwitchParameter.Present),
            ("Verbose", no),
            ("WhatIf", no),
            ("Confirm", no));

        // Not a pipeline of its own, whose code PowerShell would have to compile when the first server starts.
        using SteppablePipeline steps = call.GetSteppablePipeline(CommandOrigin.Internal);
        steps.Begin(expectInput: false);
        steps.Process();
        steps.End();
    }

    /// <summary>Tells a runspace that is going to be opened, also about the views.</summary>
    internal static void AddTo(InitialSessionState state)
    {
        string folder = Path.GetDirectoryName(typeof(ObjectTypes).Assembly.Location)!;
        state.Types.Add(s_types.Value.Select(type => new SessionStateTypeEntry(type, isRemove: false)));
        state.Formats.Add(new SessionStateFormatEntry(Path.Join(folder, "PSNetLab.Format.ps1xml")));
    }
}
