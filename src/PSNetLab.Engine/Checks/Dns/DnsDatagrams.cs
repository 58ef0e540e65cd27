using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>Sends one query over UDP and waits for its answer.</summary>
/// <remarks>
/// Each query has a socket of its own, with a port that the system chooses: together with the number of the query it is what a forger must
/// guess (RFC 5452, section 9.2). Where the system reports refusals to it all the same, the socket is not connected, so that answers
/// from elsewhere are seen, and counted.
/// </remarks>
internal sealed class DnsDatagrams : IDatagramHandler
{
    // One answer and some strays; a server has no reason to send more.
    private const int ReceiveBufferBytes = 256 * 1024;

    private static readonly TimeSpan s_descriptorPause = TimeSpan.FromMilliseconds(20);

    private readonly DnsQuery _query;
    private readonly IPEndPoint _server;
    private byte[]? _answer;
    private string? _problem;
    private int _strays;

    private DnsDatagrams(IPEndPoint server, DnsQuery query)
    {
        _server = server;
        _query = query;
    }

    private bool IsOver => _answer is not null || _problem is not null;

    /// <summary>Sends a query and waits for its answer.</summary>
    internal static async ValueTask<DnsExchange> AskAsync(IPEndPoint server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        DnsDatagrams exchange = new(server, query);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            using DatagramTransport transport = await OpenAsync(server, limit.Token).ConfigureAwait(false);
            await exchange.RunAsync(transport, limit.Token).ConfigureAwait(false);
            return new DnsExchange(exchange._answer, exchange._strays) { Problem = exchange._problem };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DnsExchange.TimedOut(exchange._strays);
        }
        catch (SocketException error)
        {
            return new DnsExchange(null, exchange._strays) { Error = error };
        }
    }

    void IDatagramHandler.OnDatagram(in Datagram datagram)
    {
        DnsMatch match = datagram.Peer.EndPoint.Equals(_server) ? _query.Match(datagram.Data) : DnsMatch.Stray;
        if (match == DnsMatch.Stray)
        {
            _strays++;
        }
        else if (!IsOver)
        {
            _answer = datagram.Data.ToArray();
            _problem = match == DnsMatch.Malformed ? DnsExchange.TooShort : null;
        }
    }

    private static async ValueTask<DatagramTransport> OpenAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return Open(server);
            }
            catch (Exception error) when (error is NetLabException { Kind: FaultKind.TooManyOpenFiles } or SocketException { SocketErrorCode: SocketError.TooManyOpenSockets })
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

    private static DatagramTransport Open(IPEndPoint server)
    {
        bool isSix = server.AddressFamily == AddressFamily.InterNetworkV6;
        Socket socket = UdpSockets.Bind(new UdpBinding
        {
            EndPoint = new IPEndPoint(isSix ? IPAddress.IPv6Any : IPAddress.Any, 0),
            ReceiveBufferBytes = ReceiveBufferBytes,
            TellRefusals = true,
        });
        Descriptors.Note(socket);
        try
        {
            if (!UdpSockets.TryTellRefusals(socket))
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
        return DatagramTransport.Create(socket, UdpServerOptions.MostDatagramBytes);
    }

    private async ValueTask RunAsync(DatagramTransport transport, CancellationToken cancellationToken)
    {
        DatagramPeer? to = transport.Socket.Connected ? null : new DatagramPeer(_server);
        while (!transport.TrySend(_query.Bytes, to, null))
        {
            await transport.WaitWritableAsync(cancellationToken).ConfigureAwait(false);
        }

        while (!IsOver)
        {
            // While somebody keeps sending strays, nothing waits, and so nothing else looks at the token.
            cancellationToken.ThrowIfCancellationRequested();
            await transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            transport.Receive(this);
        }
    }
}
