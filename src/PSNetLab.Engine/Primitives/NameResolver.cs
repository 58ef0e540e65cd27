using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Primitives;

/// <summary>Finds the addresses of a name.</summary>
internal static class NameResolver
{
    /// <summary>The addresses of a name, or the address itself.</summary>
    /// <param name="host">The name or address.</param>
    /// <param name="family">The family of the addresses.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="onStart">Called when the name is really asked for: many names wait for their turn.</param>
    /// <exception cref="NetLabException">There is none.</exception>
    internal static async Task<IPAddress[]> ResolveAsync(
        string host, AddressFamily family, CancellationToken cancellationToken, Action? onStart = null)
    {
        if (Addresses.TryParse(host, out IPAddress address))
        {
            return [address];
        }

        if (Addresses.LooksLikeAddress(host))
        {
            throw new NetLabException(FaultKind.InvalidAddress, $"'{host}' is neither a name nor an address. {Addresses.Advice}");
        }

        try
        {
            // The resolver takes "" as this machine; here it is a mistake.
            if (host.Length == 0)
            {
                throw new SocketException((int)SocketError.HostNotFound);
            }

            IPAddress[] addresses = await LookUpAsync(host, family, onStart, cancellationToken).ConfigureAwait(false);
            return addresses.Length > 0
                ? Array.ConvertAll(addresses, Addresses.OfSocket)
                : throw new SocketException((int)SocketError.NoData);
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            throw new NetLabException(FaultKind.HostNotFound, $"The name '{host}' cannot be resolved: {error.Message}. "
                + "Check the spelling and the name server, or give an IP address.", error);
        }
    }

    private static Task<IPAddress[]> LookUpAsync(string host, AddressFamily family, Action? onStart, CancellationToken cancellationToken)
    {
        IPAddress[] LookUp()
        {
            onStart?.Invoke();
            return Dns.GetHostAddresses(host, family);
        }

        if (!OperatingSystem.IsWindows())
        {
            return ResolverThreads.Run(LookUp, cancellationToken);
        }

        onStart?.Invoke();
        return Dns.GetHostAddressesAsync(host, family, cancellationToken);
    }
}
