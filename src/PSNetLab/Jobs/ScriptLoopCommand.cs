using System.Management.Automation;

namespace PSNetLab.Jobs;

/// <summary>The one command of the pipeline of a <see cref="ScriptRunspace"/>. Nobody finds it by its name.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "ScriptLoop")]
internal sealed class ScriptLoopCommand : PSCmdlet
{
    internal static CmdletInfo Info { get; } = new("Invoke-ScriptLoop", typeof(ScriptLoopCommand));

    /// <summary>Whose scripts it runs.</summary>
    [Parameter]
    public object? Runspace { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => ((ScriptRunspace)Runspace!).RunScripts(this);

    /// <inheritdoc/>
    protected override void StopProcessing() => ((ScriptRunspace?)Runspace)?.TakeNoMore();
}
