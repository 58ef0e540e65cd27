using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>A socket that sends to a server.</summary>
/// <param name="Transport">The socket.</param>
/// <param name="To">The server; null if the socket is connected to it.</param>
internal sealed record DnsSocket(DatagramTransport Transport, DatagramPeer? To) : IDisposable
{
    public void Dispose() => Transport.Dispose();
}

/// <summary>The UDP sockets of a call to one address of a server.</summary>
/// <remarks>
/// There is one query at a time on a socket, so that whatever else arrives is a stray of that query, and each has a port that the system
/// chooses: together with the number of the query it is what a forger must guess (RFC 5452, section 9.2). A new socket for each query
/// would take most of its time.
/// Where the system reports refusals to it all the same, a socket is not connected, so that answers from elsewhere are seen.
/// </remarks>
internal sealed class DnsSockets(IPEndPoint server) : IDisposable
{
    // One answer and some strays; a server has no reason to send more.
    private const int ReceiveBufferBytes = 256 * 1024;

    private static readonly TimeSpan s_descriptorPause = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentBag<DnsSocket> _idle = [];
    private volatile bool _isDisposed;

    internal IPEndPoint Server => server;

    /// <summary>A socket that is idle, or a new one. While the process is out of descriptors, it waits for one.</summary>
    internal async ValueTask<DnsSocket> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_idle.TryTake(out DnsSocket? idle))
            {
                return idle;
            }

            try
            {
                return Open();
            }
            catch (Exception error) when (error is NetLabException { Kind: FaultKind.TooManyOpenFiles }
            or SocketException { SocketErrorCode: SocketError.TooManyOpenSockets })
            {
                // Others will end soon.
                Descriptors.NoteExhausted();
                await Task.Delay(s_descriptorPause, cancellationToken).ConfigureAwait(false);
            }
            catch (NetLabException error) when (error.InnerException is SocketException cause)
            {
                throw cause;
            }
        }
    }

    /// <summary>Keeps a socket, on which nothing is under way, for the next query.</summary>
    internal void GiveBack(DnsSocket socket)
    {
        _idle.Add(socket);
        if (_isDisposed || Descriptors.AreScarce)
        {
            CloseIdle();
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        CloseIdle();
    }

    private void CloseIdle()
    {
        while (_idle.TryTake(out DnsSocket? idle))
        {
            idle.Dispose();
        }
    }

    private DnsSocket Open()
    {
        Socket socket = UdpSockets.Bind(new UdpBinding
        {
            EndPoint = new IPEndPoint(server.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0),
            ReceiveBufferBytes = ReceiveBufferBytes,
            TellRefusals = true,
        });
        Descriptors.Note(socket);
        bool isConnected;
        try
        {
            isConnected = !UdpSockets.TryTellRefusals(socket);
            if (isConnected)
            {
                socket.Connect(server);
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        // The same size as that of servers, so that they all share a buffer.
        return new DnsSocket(
            DatagramTransport.Create(socket, UdpServerOptions.MostDatagramBytes), isConnected ? null : new DatagramPeer(server));
    }
}
