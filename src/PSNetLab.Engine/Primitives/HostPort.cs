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
        (string name, int? inside) = Split(host);
        if (inside is not null && port is not null && inside != port)
        {
            throw new NetLabException(FaultKind.InvalidParameters, $"Two ports are given: {inside} in '{host}', and -Port {port}. "
                + "Leave one out; use -Message for a message that is a number.");
        }

        return new HostPort(name, inside ?? port ?? throw new NetLabException(FaultKind.InvalidParameters, $"'{host}' has no port. "
            + $"Set -Port, or write {Addresses.Join(name, 80)} for port 80."));
    }

    private static (string Host, int? Port) Split(string text)
    {
        string trimmed = text.Trim();
        int colon = trimmed.LastIndexOf(':');
        bool isAfterHost = colon > 0 && (trimmed[colon - 1] == ']' || trimmed.IndexOf(':', StringComparison.Ordinal) == colon);
        bool hasPort = isAfterHost
            & ushort.TryParse(trimmed.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            & port > 0;
        string host = hasPort ? trimmed[..colon] : trimmed;
        return (host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host, hasPort ? port : null);
    }
}
