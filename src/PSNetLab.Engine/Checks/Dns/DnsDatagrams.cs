using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>Sends one query over UDP and waits for its answer.</summary>
internal sealed class DnsDatagrams : IDatagramHandler
{
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

    private bool IsOver => _answer is not null;

    /// <summary>Sends a query and waits for its answer.</summary>
    internal static async ValueTask<DnsExchange> AskAsync(
        DnsSockets sockets, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        DnsDatagrams exchange = new(sockets.Server, query);
        DnsSocket? socket = null;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            socket = await sockets.TakeAsync(limit.Token).ConfigureAwait(false);
            await exchange.RunAsync(socket, limit.Token).ConfigureAwait(false);
            return new DnsExchange(exchange._answer, exchange._strays) { Problem = exchange._problem };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Without a socket, nothing was sent: this process had no descriptor for it.
            return socket is null
                ? new DnsExchange(null, 0) { Error = new SocketException((int)SocketError.TooManyOpenSockets) }
                : DnsExchange.TimedOut(exchange._strays);
        }
        catch (SocketException error)
        {
            return new DnsExchange(null, exchange._strays) { Error = error };
        }
        finally
        {
            // An answer that comes late, or an error, must not find another query.
            if (exchange.IsOver)
            {
                sockets.GiveBack(socket!);
            }
            else
            {
                socket?.Dispose();
            }
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

    private async ValueTask RunAsync(DnsSocket socket, CancellationToken cancellationToken)
    {
        while (!socket.Transport.TrySend(_query.Bytes, socket.To, null))
        {
            await socket.Transport.WaitWritableAsync(cancellationToken).ConfigureAwait(false);
        }

        while (!IsOver)
        {
            // While somebody keeps sending strays, nothing waits, and so nothing else looks at the token.
            cancellationToken.ThrowIfCancellationRequested();
            await socket.Transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            socket.Transport.Receive(this);
        }
    }
}
