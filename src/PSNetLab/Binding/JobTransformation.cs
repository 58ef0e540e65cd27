using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>Reads -Job: a job, or the name or id of one.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class JobTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => inputData.Unwrapped() switch
        {
            string name => Find(engineIntrinsics, "Name", name),
            int id => Find(engineIntrinsics, "Id", id),
            _ => inputData,
        };

    private static object Find(EngineIntrinsics engine, string by, object value)
    {
        ScriptBlock find = ScriptBlock.Create($"param($value) Get-Job -{by} $value -ErrorAction Ignore");
        object[] found = [.. engine.InvokeCommand.InvokeScript(useLocalScope: true, find, input: null, value)];
        string which = $"with the {(value is int ? "id" : "name")} '{value}'";
        return found.Length switch
        {
            1 => found[0],
            0 => throw new ArgumentTransformationMetadataException($"There is no job {which}. Get-Job lists the jobs of this session."),
            _ => throw new ArgumentTransformationMetadataException($"There are {found.Length} jobs {which}. Use the id of one."),
        };
    }
}
