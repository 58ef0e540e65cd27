using System.Globalization;
using System.Management.Automation;
using System.Net.Sockets;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>Reads the server behind a proxy: a host with a port, as -ComputerName takes it, or a server of this module.</summary>
/// <param name="protocol">What the proxy forwards: Tcp or Udp.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UpstreamTransformationAttribute(ProtocolType protocol) : ArgumentTransformationAttribute
{
    /// <summary>What the proxy forwards.</summary>
    public ProtocolType Protocol => protocol;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData.Unwrapped();
        if (input is ServerJob job)
        {
            bool isStream = job is StreamServerJob;
            return isStream == (protocol == ProtocolType.Tcp)
                ? job.ToString()
                : throw new ArgumentTransformationMetadataException($"{job.Name} is a {job.PSJobTypeName}: it has "
                    + (isStream
                        ? "connections, and a UDP proxy forwards datagrams. Use Start-TcpProxy."
                        : "datagrams, and a TCP proxy forwards connections. Use Start-UdpProxy."));
        }

        if (input is string or Uri or int)
        {
            return input.ToString()!.Trim(); // what is wrong with it is an error of the cmdlet
        }

        string[] hosts = [.. HostTransformationAttribute.ReadOne(inputData)];
        return hosts.Length == 1
            ? hosts[0]
            : throw new ArgumentTransformationMetadataException($"A proxy has one server behind it, and here are {hosts.Length}.");
    }

    /// <exception cref="NetLabException">The text is not a host with a port.</exception>
    internal static HostPort Parse(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            string host = Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0
                ? Addresses.Join(uri.Host, uri.Port > 0 ? uri.Port : 80)
                : "host:port";
            throw new NetLabException(FaultKind.InvalidAddress, $"'{text}' is a URL. A proxy forwards bytes and knows nothing of URLs: "
                + $"use {host}.") { Subject = text };
        }

        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new NetLabException(FaultKind.InvalidAddress, $"'{text}' is a port without a host. Write localhost:{text}, or the "
                + "name of the machine that the server is on.") { Subject = text };
        }

        return HostPort.TrySplit(text, out string name, out int? port) && port is not null
            ? new HostPort(name, port.Value)
            : throw new NetLabException(FaultKind.InvalidAddress, $"'{text}' is not a host with a port from 1 to 65535. Write db:5432 or "
                + "[2001:db8::1]:5432, or give a server of this module.") { Subject = text };
    }
}
