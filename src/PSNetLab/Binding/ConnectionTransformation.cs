using System.Collections;
using System.Management.Automation;
using PSNetLab.Conversion;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>Reads a list of connections, in which a server stands for its open connections.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ConnectionTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => inputData.Unwrapped() is IList list ? list.Cast<object?>().SelectMany(Read).ToArray() : Read(inputData).ToArray();

    private static IEnumerable<object?> Read(object? item) => item.Unwrapped() is TcpServerJob job ? job.Connections : [item];
}
