using System.Management.Automation;
using System.Net;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Binding;

/// <summary>
/// Reads names to look up: texts, addresses, URIs, endpoints, and objects with a Name or ComputerName. A port is left out.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DnsNameTransformationAttribute : InputTransformationAttribute
{
    // -Name and its aliases.
    private static readonly string[] s_properties = ["Name", "ComputerName", "HostName", "IPAddress"];

    private protected override Array Read(object? inputData) => Items(inputData).Select(ReadOne).ToArray();

    private static string ReadOne(object? item) => item.Unwrapped() switch
    {
        string text => WithoutPort(text),
        IPAddress address => address.ToString(),
        IPEndPoint endPoint => endPoint.Address.ToString(),
        DnsEndPoint endPoint => endPoint.Host,
        Uri { IsAbsoluteUri: true, Host.Length: > 0 } uri => uri.IdnHost,
        _ => OfProperties(item is null ? null : PSObject.AsPSObject(item)),
    };

    private static string OfProperties(PSObject? item)
        => Array.ConvertAll(s_properties, name => item?.Properties[name]?.Value?.ToString()).FirstOrDefault(
            value => !string.IsNullOrEmpty(value)) is { } text
            ? WithoutPort(text)
            : throw new ArgumentTransformationMetadataException(
                $"An object of type {item?.BaseObject.GetType().Name ?? "null"} has no name. "
                    + "Use a name, an address, a URI, or an object with a Name or ComputerName.");

    private static string WithoutPort(string text) => HostPort.TrySplit(text, out string host, out _) ? host : text.Trim();
}
