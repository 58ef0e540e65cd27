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
public sealed class HostTransformationAttribute : InputTransformationAttribute
{
    // -ComputerName and its aliases.
    private static readonly string[] s_hostProperties = ["ComputerName", "HostName", "IPAddress"];

    // -Path and its aliases.
    private static readonly string[] s_pathProperties = ["Path", "PSPath", "FullName"];

    /// <summary>Whether files, and objects with a path, are for another parameter.</summary>
    public bool LeavesFiles { get; set; }

    private protected override Array Read(object? inputData)
    {
        if (LeavesFiles && IsFile(inputData))
        {
            throw new ArgumentTransformationMetadataException("This is a file, not a host.", new PSInvalidCastException());
        }

        return ReadAll(Items(inputData));
    }

    /// <summary>The hosts that objects name.</summary>
    internal static string[] ReadAll(IEnumerable<object?> items) => [.. items.SelectMany(ReadOne)];

    /// <summary>The hosts that an object names, each with its port, if it has one.</summary>
    /// <exception cref="ArgumentTransformationMetadataException">It names none.</exception>
    internal static IEnumerable<string> ReadOne(object? item)
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
            throw new ArgumentTransformationMetadataException($"'{file.FullName}' is a file, not a host. Import-Csv reads rows of a file.");
        }

        return text is null ? OfProperties(item is null ? null : PSObject.AsPSObject(item)) : [Checked(text)];
    }

    private static string Checked(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0)
        {
            string host = uri.Port > 0 ? Addresses.Join(uri.Host.Trim('[', ']'), uri.Port) : uri.Host;
            throw new ArgumentTransformationMetadataException(
                $"'{text}' is a URI, not a host. Write {host}, or use Test-HttpEndpoint for what the URI names.");
        }

        return text.Contains('/', StringComparison.Ordinal)
            ? throw new ArgumentTransformationMetadataException(
                $"'{text}' is not a host: it has a slash. Write web1, web1:443 or [2001:db8::1]:443.")
            : HostPort.TrySplit(text, out _, out _) ? text
            : throw new ArgumentTransformationMetadataException(
                text.Length == 0 ? "There is no host. Write web1:443 or [2001:db8::1]:443."
                    : $"'{text}' is not a host with a port from 1 to 65535. Write web1:443 or [2001:db8::1]:443.");
    }

    private static bool IsFile(object? item)
        => item.Unwrapped() is FileSystemInfo
        || (item.Unwrapped() is PSObject or PSCustomObject && PSObject.AsPSObject(item!) is var row
            && !Array.Exists(s_hostProperties, name => row.Properties[name] is not null)
            && Array.Exists(s_pathProperties, name => row.Properties[name] is not null));

    private static IEnumerable<string> OfProperties(PSObject? item)
    {
        string?[] values = Array.ConvertAll(s_hostProperties, name => item?.Properties[name]?.Value?.ToString());
        string? host = values.FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));
        if (host is null)
        {
            string? empty = s_hostProperties.FirstOrDefault(name => item?.Properties[name] is not null);
            throw new ArgumentTransformationMetadataException(
                empty is not null ? $"The {empty} of a row is empty. Write a name or an address there, such as web1."
                    : $"An object of type {item?.BaseObject.GetType().Name ?? "null"} names no host. Use a name, an address, host:port, "
                        + "a URI, an object with ComputerName and Port, or a TCP server or connection of this module.");
        }

        host = Checked(host.Trim());
        HostPort.TrySplit(host, out string name, out int? own);
        int[] ports = own is null ? PortTransformationAttribute.ReadPorts(item!.Properties["Port"]?.Value) : [];
        return ports.Length > 0 ? ports.Select(port => Addresses.Join(name, port)) : [host];
    }
}
