using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Proxies;

/// <summary>Finds a proxy that is its own server: each connection would make another, without end.</summary>
internal static class ProxyLoop
{
    /// <summary>Looks at what is known without a name server. What a name means is looked at when it has been resolved.</summary>
    /// <param name="upstream">The server behind the proxy.</param>
    /// <param name="own">Where the proxy listens, or is going to.</param>
    /// <exception cref="NetLabException">They are the same.</exception>
    internal static void Check(HostPort upstream, IPEndPoint own)
    {
        if (Addresses.TryParse(NameOf(upstream.Host), out IPAddress address))
        {
            Check(upstream, [address], own);
        }
    }

    /// <inheritdoc cref="Check(HostPort, IPEndPoint)"/>
    /// <param name="upstream">The server behind the proxy.</param>
    /// <param name="addresses">What its name means.</param>
    /// <param name="own">Where the proxy listens, or is going to.</param>
    internal static void Check(HostPort upstream, IEnumerable<IPAddress> addresses, IPEndPoint own)
    {
        foreach (IPAddress address in addresses)
        {
            if (Find(new IPEndPoint(address, upstream.Port), upstream.ToString(), own) is { } fault)
            {
                throw fault;
            }
        }
    }

    /// <summary>The fault of a proxy that would be dialled by itself; null if it is another server.</summary>
    /// <param name="upstream">The address that is about to be dialled.</param>
    /// <param name="name">The server as the user has named it.</param>
    /// <param name="own">Where the proxy listens.</param>
    internal static NetLabException? Find(IPEndPoint upstream, string name, IPEndPoint own)
        => upstream.Port != own.Port || !Covers(own.Address, Addresses.OfSocket(upstream.Address)) ? null : new NetLabException(
            FaultKind.ProxyLoop,
            $"{name} is the proxy itself, which listens on {own}. Choose another -Port, or 0 for any free one.") { Subject = name };

    /// <summary>Whether a socket that listens on one address is reached at another.</summary>
    private static bool Covers(IPAddress own, IPAddress address)
    {
        IPAddress target = Addresses.Reached(address);
        bool isSameFamily = own.AddressFamily == target.AddressFamily || own.Equals(IPAddress.IPv6Any);
        return target.Equals(own)
            || (Addresses.IsAny(own) && isSameFamily && (IPAddress.IsLoopback(target) || IsOfThisMachine(target)));
    }

    /// <summary>Whether the system would reach an address from that address. This sends nothing, and is done at once.</summary>
    private static bool IsOfThisMachine(IPAddress address)
    {
        const int Discard = 9;
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(address, Discard);
            return address.Equals(((IPEndPoint)socket.LocalEndPoint!).Address);
        }
        catch (SocketException)
        {
            return false; // there is no way to it
        }
    }

    // The name that is always this machine.
    private static string NameOf(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : host;
}
