using System.Management.Automation;
using System.Net;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Binding;

/// <summary>Reads an address and a port, with the address in its usual form only.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EndPointTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData.Unwrapped();
        return input switch
        {
            IPEndPoint endPoint => Addresses.OfSocket(endPoint),
            IPAddress address => Addresses.OfSocket(new IPEndPoint(address, 0)),
            _ when Addresses.TryParse(input?.ToString() ?? string.Empty, out IPEndPoint parsed) => parsed,
            _ => throw new ArgumentTransformationMetadataException(
                $"'{input}' is not an address with a port, such as 192.0.2.7:5000 or [2001:db8::1]:5000. {Addresses.Advice}"),
        };
    }
}
