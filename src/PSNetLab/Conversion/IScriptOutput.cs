using System.Management.Automation;

namespace PSNetLab.Conversion;

/// <summary>Takes what a script puts out. Called on the thread of the script.</summary>
internal interface IScriptOutput
{
    /// <summary>Takes output as it comes.</summary>
    void Take(IEnumerable<PSObject?> output);

    /// <summary>Called after the last output, however the script ended.</summary>
    void End();
}
