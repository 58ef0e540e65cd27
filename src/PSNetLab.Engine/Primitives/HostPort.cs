using System.Globalization;

namespace PSNetLab.Engine.Primitives;

/// <summary>A peer as a user names it: a host and a port, apart or as host:port.</summary>
/// <param name="Host">A name or an address, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
internal readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Host and port as one text, as errors name a peer.</summary>
    public override string ToString() => Addresses.Join(Host, Port);

    /// <summary>Reads -ComputerName with the port in it or in -Port.</summary>
    /// <param name="host">The text of -ComputerName.</param>
    /// <param name="port">The value of -Port; null without it.</param>
    /// <exception cref="NetLabException">There is no port, or there are two.</exception>
    internal static HostPort Parse(string host, int? port)
    {
        if (!TrySplit(host, out string name, out int? inside))
        {
            (name, inside) = (host.Trim(), null);
        }

        if (inside is not null && port is not null && inside != port)
        {
            throw new NetLabException(FaultKind.InvalidParameters, $"Two ports are given: {inside} in '{host}', and -Port {port}. "
                + "Leave one out; use -Message for a message that is a number.");
        }

        return new HostPort(name, inside ?? port ?? throw new NetLabException(FaultKind.InvalidParameters, $"'{host}' has no port. "
            + $"Set -Port, or write {Addresses.Join(name, 80)} for port 80."));
    }

    /// <summary>
    /// Splits a host from its port, at the last colon outside of brackets. An IPv6 address without brackets has no port, and one
    /// in brackets loses them. False if what should be the port is not one.
    /// </summary>
    internal static bool TrySplit(string text, out string host, out int? port)
    {
        host = text.Trim();
        port = null;
        int colon = host.LastIndexOf(':');
        bool hasBrackets = host.StartsWith('[');
        if (colon > 0 && (hasBrackets ? host[colon - 1] == ']' : host.IndexOf(':', StringComparison.Ordinal) == colon))
        {
            bool isPort = ushort.TryParse(host[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
                && number > 0;
            port = number;
            host = host[..colon];
            if (!isPort)
            {
                return false;
            }
        }

        if (hasBrackets && host.EndsWith(']'))
        {
            host = host[1..^1];
        }

        return host.Length > 0;
    }
}
