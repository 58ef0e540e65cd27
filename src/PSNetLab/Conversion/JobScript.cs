using System.Management.Automation;

namespace PSNetLab.Conversion;

/// <summary>A script block for the runspaces of a job: its text, and its $using: values at the time of the call.</summary>
internal sealed class JobScript
{
    /// <param name="script">The script block.</param>
    /// <param name="caller">The cmdlet it was given to, whose variables are those of $using:.</param>
    internal JobScript(ScriptBlock script, PSCmdlet caller)
    {
        Text = script.ToString();
        UsingValues = Conversion.UsingValues.Evaluate(script, caller);
    }

    internal string Text { get; }

    internal Dictionary<string, object?> UsingValues { get; }

    /// <inheritdoc/>
    public override string ToString() => Text.Trim();
}
