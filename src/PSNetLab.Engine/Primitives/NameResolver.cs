using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Primitives;

/// <summary>Finds the addresses of a name.</summary>
internal static class NameResolver
{
    /// <summary>The addresses of a name, or the address itself.</summary>
    /// <exception cref="NetLabException">There is none.</exception>
    internal static async Task<IPAddress[]> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        if (Addresses.TryParse(host, out IPAddress address))
        {
            return [address];
        }

        try
        {
            // The resolver takes "" for this machine and "10.1" for 10.0.0.1; here both are slips.
            if (host.All(letter => char.IsAsciiDigit(letter) || letter == '.'))
            {
                throw new SocketException((int)SocketError.HostNotFound);
            }

            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, family, cancellationToken).ConfigureAwait(false);
            return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.NoData);
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            throw new NetLabException(FaultKind.HostNotFound, $"The name '{host}' has no address: {error.Message}. Check the spelling and the name server, or give an IP address.", error);
        }
    }
}
