using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Tests;

/// <summary>A port of loopback where nobody listens. It stays taken, so that no server of another test gets it.</summary>
internal sealed class ClosedPort : IDisposable
{
    private readonly Socket _holder = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    internal ClosedPort(IPAddress? address = null, int port = 0) => _holder.Bind(new IPEndPoint(address ?? IPAddress.Loopback, port));

    internal IPEndPoint EndPoint => (IPEndPoint)_holder.LocalEndPoint!;

    internal int Port => EndPoint.Port;

    public void Dispose() => _holder.Dispose();
}
