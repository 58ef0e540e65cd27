using System.Management.Automation;

namespace PSNetLab.Binding;

/// <summary>Reads ports and ranges of ports: 80, '8000-8010', or several in one text, as a cell of a CSV file may have them.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PortTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly NumberRanges s_ports = new("port", 1, 65535, "8000-8010");

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Read(inputData);

    /// <inheritdoc cref="NumberRanges.Read"/>
    internal static int[] Read(object? inputData) => s_ports.Read(inputData);
}
