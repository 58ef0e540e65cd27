using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Tests;

/// <summary>One connection of a web server over a transport of choice, without the server around it.</summary>
internal sealed class ServedConnection : IAsyncDisposable
{
    private readonly Mailbox<HttpRequestRecord> _records = new(100_000, WhenFull.Drop);

    private ServedConnection(Transport transport, HttpPeer client, HttpServerOptions options, bool isTurnedAway)
    {
        Client = client;
        options = options with { Sink = _records };
        Site = new WebSite(options);
        Connection = new HttpConnection(transport, options, Site, () => IsStopping, (fault, _) => Faults.Add(fault), isTurnedAway);
        Ended = Connection.RunAsync();
    }

    internal HttpPeer Client { get; }

    internal WebSite Site { get; }

    internal HttpConnection Connection { get; }

    /// <summary>Completes, without a fault, when the connection is closed.</summary>
    internal Task Ended { get; }

    internal bool IsStopping { get; set; }

    internal List<NetLabException> Faults { get; } = [];

    internal static async Task<ServedConnection> StartAsync(TransportKind kind, HttpServerOptions options, bool isTurnedAway = false)
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        if (kind != TransportKind.Tls)
        {
            return new ServedConnection(Transport.Create(server, portable: kind == TransportKind.Portable), new HttpPeer(new Peer(client), new NetworkStream(client)), options, isTurnedAway);
        }

        Task<TlsTransport> accepting = TlsTransport.AcceptAsync(server, Certificates.Server, CancellationToken.None);
        HttpPeer peer = await HttpPeer.OverAsync(new Peer(client), tls: true);
        return new ServedConnection(await accepting.Soon(), peer, options, isTurnedAway);
    }

    /// <summary>The records that are there now; of a file that is not sent from memory, the record comes only after its answer.</summary>
    internal List<HttpRequestRecord> Records()
    {
        HttpRequestRecord[] taken = new HttpRequestRecord[_records.Count];
        return [.. taken.AsSpan(0, _records.Take(taken))];
    }

    /// <summary>The next record, which may be yet to come.</summary>
    internal async Task<HttpRequestRecord> RecordAsync()
    {
        HttpRequestRecord[] record = new HttpRequestRecord[1];
        await _records.WaitForDataAsync(CancellationToken.None).Soon();
        _records.Take(record);
        return record[0];
    }

    /// <summary>Waits as the server does: with a look at the deadline from time to time.</summary>
    internal Task UntilAsync(Func<bool> condition) => Waiting.Until(() =>
    {
        Connection.CheckDeadline();
        return condition();
    });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Ended.Soon();
    }
}
