using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace PSNetLab.Engine.Primitives;

/// <summary>A network interface, by the name people use for it.</summary>
internal sealed record NetworkCard(
    string Alias, int Index4, int Index6, bool IsLoopback, IReadOnlyList<UnicastIPAddressInformation> Addresses)
{
    private static readonly ConcurrentDictionary<int, string> s_names = new();

    /// <summary>The interfaces that are up.</summary>
    internal static IEnumerable<NetworkCard> Up => All()
        .Where(card => card.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
        .Select(From);

    /// <summary>The interface with a name.</summary>
    /// <exception cref="NetLabException">There is none.</exception>
    internal static NetworkCard Find(string alias)
    {
        NetworkCard[] up = [.. Up];
        return Array.Find(up, card => string.Equals(card.Alias, alias, StringComparison.OrdinalIgnoreCase))
            ?? throw new NetLabException(FaultKind.InterfaceNotFound, $"No interface named '{alias}' is up. "
                + $"The interfaces that are up: {string.Join(", ", up.Select(card => card.Alias))}.") { Subject = alias };
    }

    /// <summary>The name of the interface with an index; null when there is none.</summary>
    internal static string? Name(int index)
    {
        // Whether the name is known already must not decide whether a test finds a caller on the wrong thread.
        LoopThread.AssertLeft("Looking for the name of an interface");
        if (index <= 0)
        {
            return null;
        }

        if (!s_names.TryGetValue(index, out string? name)
            && All().Select(From).FirstOrDefault(card => card.Index4 == index || card.Index6 == index) is { } found)
        {
            name = s_names.GetOrAdd(index, found.Alias);
        }

        return name;
    }

    /// <summary>
    /// Each IPv4 address with the broadcast address of its network (RFC 919, section 7); networks of one or two hosts
    /// have none (RFC 3021).
    /// </summary>
    internal IEnumerable<(IPAddress Source, IPAddress Broadcast)> Broadcasts()
    {
        foreach (UnicastIPAddressInformation unicast in Addresses)
        {
            if (unicast.Address.AddressFamily == AddressFamily.InterNetwork && unicast.PrefixLength is > 0 and < 31)
            {
                byte[] address = unicast.Address.GetAddressBytes();
                byte[] mask = unicast.IPv4Mask.GetAddressBytes();
                yield return (unicast.Address, new IPAddress([.. address.Zip(mask, (part, bits) => (byte)(part | ~bits))]));
            }
        }
    }

    private static NetworkInterface[] All()
    {
        LoopThread.AssertLeft("Listing the interfaces");
        return NetworkInterface.GetAllNetworkInterfaces();
    }

    private static NetworkCard From(NetworkInterface card)
    {
        IPInterfaceProperties properties = card.GetIPProperties();
        return new NetworkCard(
            card.Name,
            card.Supports(NetworkInterfaceComponent.IPv4) ? properties.GetIPv4Properties()?.Index ?? 0 : 0,
            card.Supports(NetworkInterfaceComponent.IPv6) ? properties.GetIPv6Properties()?.Index ?? 0 : 0,
            card.NetworkInterfaceType == NetworkInterfaceType.Loopback,
            [.. properties.UnicastAddresses]);
    }
}
