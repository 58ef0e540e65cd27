using System.Net;

namespace PSNetLab.Engine.Primitives;

/// <summary>
/// Link-local addresses, which mean another host on each link and so need the interface with them (RFC 4007, section 6).
/// </summary>
internal static class LinkLocal
{
    /// <summary>The fault of an address that lacks its interface; null if it lacks nothing.</summary>
    internal static NetLabException? MissingScope(EndPoint endPoint)
    {
        if (endPoint is not IPEndPoint { Address: { IsIPv6LinkLocal: true, ScopeId: 0 } address })
        {
            return null;
        }

        // First the interface that has the address itself: for a server there is no other.
        string[] names = [.. NetworkCard.Up
            .Where(card => card.Addresses.Any(own => own.Address.IsIPv6LinkLocal))
            .OrderByDescending(
                card => card.Addresses.Any(own => own.Address.GetAddressBytes().AsSpan().SequenceEqual(address.GetAddressBytes())))
            .Select(card => card.Alias)];
        string others = names.Length > 1 ? $" (or {string.Join(", ", names.Skip(1))})" : string.Empty;
        return new NetLabException(
            FaultKind.InvalidAddress,
            $"{address} is a link-local address, which leads nowhere without the interface. "
                + $"Add it after a percent sign: {address}%{names.FirstOrDefault("eth0")}{others}.");
    }
}
