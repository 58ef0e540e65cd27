using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>A Uri whose text keeps the interface of a link-local address, which that of a plain Uri loses.</summary>
internal sealed class ScopedUri(string scheme, IPEndPoint endPoint) : Uri(
    $"{scheme}://{Addresses.Join(endPoint.Address.ToString(), endPoint.Port)}/")
{
    /// <summary>The address as curl and other programs take it.</summary>
    public override string ToString() => OriginalString;
}
