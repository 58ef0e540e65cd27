namespace PSNetLab.Binding;

/// <summary>Reads ports and ranges of ports: 80, '8000-8010', or several in one text, as a cell of a CSV file may have them.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PortTransformationAttribute : InputTransformationAttribute
{
    private static readonly NumberRanges s_ports = new("port", 1, 65535, "8000-8010");

    /// <inheritdoc cref="NumberRanges.Read"/>
    internal static int[] ReadPorts(object? inputData) => s_ports.Read(inputData);

    private protected override Array Read(object? inputData) => ReadPorts(inputData);

    // Any port will do: nobody connects to it.
    private protected override Array Unread(string typed) => new[] { 1 };
}
