using System.Net;
using System.Net.NetworkInformation;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>The name servers that this machine is set up with.</summary>
internal static class NameServers
{
    /// <summary>Those of the interfaces that are up, in their order; on Unix, those of resolv.conf(5).</summary>
    internal static IReadOnlyList<IPAddress> Find()
        =>
        [
            .. NetworkInterface.GetAllNetworkInterfaces()
                .Where(static card => card.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                .SelectMany(static card => card.GetIPProperties().DnsAddresses)

                // Windows gives fec0:0:0:ffff::1 to 3 to interfaces without a server of IPv6; nobody has answered there since RFC 3879.
                .Where(static address => !address.IsIPv6SiteLocal)
                .Distinct(),
        ];
}
