using System.Collections.Concurrent;
using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>A server to ask.</summary>
/// <param name="Name">Its name or address.</param>
/// <param name="Port">Its port.</param>
internal sealed record DnsServer(CheckedName Name, int Port)
{
    internal const int DefaultPort = 53;

    public override string ToString() => Port == DefaultPort ? Name.Text : Addresses.Join(Name.Text, Port);
}

/// <summary>The sockets of a call, by the address of the server.</summary>
internal sealed class DnsServerSockets : IDisposable
{
    private readonly ConcurrentDictionary<IPEndPoint, DnsSockets> _all = [];

    internal DnsSockets To(IPEndPoint server) => _all.GetOrAdd(server, static server => new DnsSockets(server));

    /// <summary>Closes those that are idle, and the others when they are given back.</summary>
    public void Dispose()
    {
        foreach (DnsSockets sockets in _all.Values)
        {
            sockets.Dispose();
        }
    }
}
