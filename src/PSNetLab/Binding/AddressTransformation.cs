using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Binding;

/// <summary>Reads -Address: an IP address of this machine, or Loopback, IPv6Loopback or Any.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddressTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (input is IPAddress address)
        {
            return address;
        }

        string text = input?.ToString()?.Trim() ?? string.Empty;
        return text.ToUpperInvariant() switch
        {
            "LOOPBACK" or "LOCALHOST" => IPAddress.Loopback,
            "IPV6LOOPBACK" => IPAddress.IPv6Loopback,

            // Where there is IPv6, one socket takes both families.
            "ANY" or "*" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
            _ => Addresses.TryParse(text, out IPAddress parsed)
                ? parsed
                : throw new ArgumentTransformationMetadataException($"'{text}' is not an address to listen on. Use an IP address of this machine, Loopback, IPv6Loopback, or Any for all of them."),
        };
    }
}
