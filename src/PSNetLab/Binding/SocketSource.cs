using System.Management.Automation;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using PSNetLab.Engine.Inspection;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>Finds the socket behind the objects people have.</summary>
internal static class SocketSource
{
    /// <summary>The socket of a job or connection of this module, or of a Socket, TcpClient, TcpListener or UdpClient of .NET.</summary>
    /// <exception cref="NetLabException">The object has none, or no longer.</exception>
    internal static (Socket Socket, Totals? Counts) Find(object? input)
    {
        object? source = input is PSObject wrapped ? wrapped.BaseObject : input;
        return source switch
        {
            SocketJob job => (job.Socket, job.Totals),
            TcpConnection { IsClosed: true } => throw OwnSockets.Closed(),
            TcpConnection connection => (connection.Socket, connection.Totals),
            Socket socket => (socket, null),
            TcpClient client => (client.Client ?? throw OwnSockets.Closed(), null),
            TcpListener listener => (IsActive(listener) ? listener.Server : throw OwnSockets.NotStarted(), null),
            UdpClient client => (client.Client ?? throw OwnSockets.Closed(), null),
            _ => throw new NetLabException(FaultKind.NoSocket, $"An object of type {source?.GetType().Name ?? "null"} has no socket to look into. Give a server job or connection of this module, or a Socket, TcpClient, TcpListener or UdpClient."),
        };
    }

    // A listener that is stopped would make a new socket when it is asked for its Server.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Active")]
    private static extern bool IsActive(TcpListener listener);
}
