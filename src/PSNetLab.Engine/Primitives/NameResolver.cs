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
            throw Fault(host, error);
        }
    }

    /// <summary>Why a name has no address: there is none, or nobody could be asked.</summary>
    internal static NetLabException Fault(string host, Exception error)
        => error is ArgumentException or SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData }
            ? new NetLabException(
                FaultKind.HostNotFound,
                $"The name '{host}' cannot be resolved: {error.Message}. "
                    + "Check the spelling and the name server, or give an IP address.",
                error)
            : new NetLabException(
                FaultKind.NameServerFailed,
                $"The name '{host}' could not be looked up: {Words((SocketException)error)}. "
                    + "Check the name server and the network, try again later, or give an IP address.",
                error);

    // The system's own text is that of another error with the same number.
    private static string Words(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.TryAgain or SocketError.NoRecovery => "no name server answered, or none could find out",
        _ => error.Message,
    };

    private static Task<IPAddress[]> LookUpAsync(string host, AddressFamily family, Action? onStart, CancellationToken cancellationToken)
    {
        IPAddress[] LookUp()
        {
            onStart?.Invoke();
            return Dns.GetHostAddresses(host, family);
        }

        if (!OperatingSystem.IsWindows())
        {
            return ResolverThreads.Shared.Run(LookUp, cancellationToken);
        }

        onStart?.Invoke();
        return Dns.GetHostAddressesAsync(host, family, cancellationToken);
    }
}
