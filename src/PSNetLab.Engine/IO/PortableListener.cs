using System.Net.Sockets;

namespace PSNetLab.Engine.IO;

/// <summary>A listener through the runtime's own asynchronous I/O, for systems without epoll.</summary>
internal sealed class PortableListener(Socket socket, Action<Func<NetLabException>> onFault) : StreamListener(socket, onFault)
{
    private protected override async ValueTask<Socket?> AcceptOneAsync() => await Socket.AcceptAsync().ConfigureAwait(false);
}
