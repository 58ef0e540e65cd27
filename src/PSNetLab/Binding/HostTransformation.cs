using System.Collections;
using System.Management.Automation;
using System.Net;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>
/// Reads hosts, each with or without a port: names, addresses, host:port, endpoints, URIs, TCP servers and connections of this module,
/// and objects with a ComputerName.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HostTransformationAttribute : ArgumentTransformationAttribute
{
    // -ComputerName and its aliases.
    private static readonly string[] s_hostProperties = ["ComputerName", "HostName", "IPAddress"];

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData.Unwrapped();
        return input is IEnumerable list and not (string or IDictionary)
            ? list.Cast<object?>().SelectMany(Read).ToArray()
            : Read(inputData).ToArray();
    }

    /// <summary>The hosts that an object names, each with its port, if it has one.</summary>
    /// <exception cref="ArgumentTransformationMetadataException">It names none.</exception>
    internal static IEnumerable<string> Read(object? item)
    {
        object? input = item.Unwrapped();
        string? text = input switch
        {
            string typed => typed.Trim(),
            IPAddress address => address.ToString(),
            IPEndPoint endPoint => endPoint.ToString(),
            DnsEndPoint endPoint => Addresses.Join(endPoint.Host, endPoint.Port),
            Uri { IsAbsoluteUri: true, Host.Length: > 0 } uri => uri.Port > 0 ? Addresses.Join(uri.Host, uri.Port) : uri.Host,
            StreamServerJob job => job.ToString(),
            TcpConnection connection => connection.Remote.ToString(),
            _ => null,
        };
        if (input is FileSystemInfo file)
        {
            // With this inside, PowerShell tries the other parameters that take pipeline input.
            throw new ArgumentTransformationMetadataException($"'{file.FullName}' is a file, not a host.", new PSInvalidCastException());
        }

        if (text is null)
        {
            return OfProperties(item is null ? null : PSObject.AsPSObject(item));
        }

        return HostPort.TrySplit(text, out _, out _)
            ? [text]
            : throw new ArgumentTransformationMetadataException(
                $"'{text}' is not a host with a port from 1 to 65535. Write web1:443 or [2001:db8::1]:443.");
    }

    private static IEnumerable<string> OfProperties(PSObject? item)
    {
        string?[] values = Array.ConvertAll(s_hostProperties, name => item?.Properties[name]?.Value?.ToString());
        string host = values.FirstOrDefault(value => !string.IsNullOrEmpty(value))
            ?? throw new ArgumentTransformationMetadataException(
                $"An object of type {item?.BaseObject.GetType().Name ?? "null"} names no host. Use a name, an address, host:port, a URI, "
                    + "an object with ComputerName and Port, or a TCP server or connection of this module.");
        bool hasOwn = HostPort.TrySplit(host, out string name, out int? own) && own is not null;
        return !hasOwn && item!.Properties["Port"]?.Value is { } ports
            ? PortTransformationAttribute.Read(ports).Select(port => Addresses.Join(name, port))
            : Read(host);
    }
}
