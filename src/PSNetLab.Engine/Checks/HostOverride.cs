using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>Addresses to use for a host and port, instead of those that the name has.</summary>
/// <param name="Host">The name; * for every one.</param>
/// <param name="Port">The port.</param>
/// <param name="Addresses">The addresses.</param>
internal sealed record HostOverride(string Host, int Port, IPAddress[] Addresses)
{
    /// <summary>Reads host:port:address, as curl's --resolve takes it; several addresses are separated by commas.</summary>
    /// <exception cref="NetLabException">It is something else.</exception>
    internal static HostOverride Parse(string text)
    {
        int end = text.StartsWith('[') ? Math.Max(text.IndexOf(']', StringComparison.Ordinal), 0) : 0;
        int first = text.IndexOf(':', end);
        int second = first < 0 ? -1 : text.IndexOf(':', first + 1);
        if (second < 0 || !HostPort.TrySplit(text[..second], out string host, out int? port) || port is null)
        {
            throw Invalid(text);
        }

        string[] addresses = text[(second + 1)..].Split(',');
        return new HostOverride(host, port.Value, Array.ConvertAll(addresses, Read));

        IPAddress Read(string part) => Primitives.Addresses.TryParse(part, out IPAddress address) ? address : throw Invalid(text);
    }

    internal bool Fits(string host, int port) => Port == port && (Host == "*" || HostNames.AreSame(Host, host));

    private static NetLabException Invalid(string text)
        => new(
            FaultKind.InvalidParameters,
            $"'{text}' is not host:port:address. Write -Resolve web1:443:192.0.2.7, or web1:443:[2001:db8::1].") { Subject = text };
}
