using System.Net.Sockets;
using PSNetLab.Conversion;
using PSNetLab.Engine.Inspection;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>Finds the socket of an object.</summary>
internal static class SocketSource
{
    /// <summary>The socket of a job or connection of this module, or of a Socket, TcpClient, TcpListener or UdpClient of .NET.</summary>
    /// <exception cref="NetLabException">The object has no socket, or no longer.</exception>
    internal static (Socket Socket, Totals? Counts) Find(object? input)
    {
        object? source = input.Unwrapped();
        return source switch
        {
            ServerJob job => (job.Socket, job.Totals),
            TcpConnection { IsClosed: true } => throw OwnSockets.Closed(),
            TcpConnection connection => (connection.Socket, connection.Totals),
            Socket socket => (socket, null),
            TcpClient client => (client.Client ?? throw OwnSockets.Closed(), null),
            TcpListener listener => (IsStarted(listener) ? listener.Server : throw OwnSockets.NotStarted(), null),
            UdpClient client => (client.Client ?? throw OwnSockets.Closed(), null),
            _ => throw new NetLabException(
                FaultKind.NoSocket,
                $"An object of type {source?.GetType().Name ?? "null"} has no socket to inspect. "
                    + "Use a server job or connection of this module, or a Socket, TcpClient, TcpListener or UdpClient."),
        };
    }

    /// <summary>Does something with the socket of such an object.</summary>
    /// <exception cref="NetLabException">As of <see cref="Find"/>; also if the socket is closed meanwhile.</exception>
    internal static void Use(object? input, Action<Socket> use)
    {
        try
        {
            use(Find(input).Socket);
        }
        catch (ObjectDisposedException error)
        {
            throw OwnSockets.Closed(error);
        }
    }

    /// <remarks>The Server property of a stopped listener would create a new socket; Pending only throws.</remarks>
    private static bool IsStarted(TcpListener listener)
    {
        try
        {
            listener.Pending();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
