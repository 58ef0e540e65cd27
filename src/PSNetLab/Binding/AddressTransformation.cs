using System.Collections;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Binding;

/// <summary>Reads addresses in their usual form only, one or a list. Without it, PowerShell would read 127.0.0.010 as 127.0.0.8.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddressTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether the address is one to listen on, where Loopback, IPv6Loopback and Any are also accepted.</summary>
    public bool IsToListen { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData.Unwrapped();
        return input is IList list ? list.Cast<object?>().Select(Read).ToArray() : Read(input);
    }

    private object Read(object? item)
    {
        object? input = item.Unwrapped();
        if (input is IPAddress address)
        {
            return Addresses.OfSocket(address);
        }

        if (IsToListen && input is ScriptBlock)
        {
            throw new ArgumentTransformationMetadataException(
                "A script block is not an address. If it is what answers, name it: -ScriptBlock { … }, or put it before the port.");
        }

        string text = input?.ToString()?.Trim() ?? string.Empty;
        if (IsToListen && NameToListenOn(text) is { } named)
        {
            return named;
        }

        return Addresses.TryParse(text, out IPAddress parsed)
            ? parsed
            : throw new ArgumentTransformationMetadataException(IsToListen
                ? $"'{text}' is not an address to listen on. Use an IP address of this machine, Loopback, IPv6Loopback, or Any for all "
                    + $"of them. {Addresses.Advice}"
                : $"'{text}' is not an IP address. {Addresses.Advice}");
    }

    private static IPAddress? NameToListenOn(string text) => text.ToUpperInvariant() switch
    {
        "LOOPBACK" or "LOCALHOST" => IPAddress.Loopback,
        "IPV6LOOPBACK" => IPAddress.IPv6Loopback,

        // If there is IPv6, one socket serves both families.
        "ANY" or "*" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
        _ => null,
    };
}
