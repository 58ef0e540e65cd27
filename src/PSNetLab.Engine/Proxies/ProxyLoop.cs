using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Proxies;

/// <summary>Finds a proxy that is its own server: each connection would make another, without end.</summary>
internal static class ProxyLoop
{
    /// <param name="upstream">The server behind the proxy.</param>
    /// <param name="own">Where the proxy listens, or is going to.</param>
    /// <exception cref="NetLabException">They are the same.</exception>
    internal static void Check(HostPort upstream, IPEndPoint own)
    {
        if (upstream.Port == own.Port && Addresses.TryParse(NameOf(upstream.Host), out IPAddress address) && Covers(own.Address, address))
        {
            throw Fault(upstream.ToString(), own);
        }
    }

    /// <summary>The fault of a proxy on an endpoint, whose server is this.</summary>
    internal static NetLabException Fault(string upstream, IPEndPoint own) => new(
        FaultKind.ProxyLoop,
        $"{upstream} is the proxy itself, which listens on {own}. Choose another -Port, or 0 for any free one.") { Subject = upstream };

    /// <summary>Whether a socket on one address is reached at another.</summary>
    internal static bool Covers(IPAddress own, IPAddress address) => address.Equals(own)
        || (Addresses.IsAny(own) && (IPAddress.IsLoopback(address) || Addresses.IsAny(address)
            || NetworkCard.Up.Any(card => card.Addresses.Any(one => one.Address.Equals(address)))));

    // The name that is always this machine. Others are looked at when they are resolved.
    private static string NameOf(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : host;
}
