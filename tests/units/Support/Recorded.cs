using System.Net;
using System.Text;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Capture.Files;
using PSNetLab.Engine.IO;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Tests;

/// <summary>Transcripts for tests: of real connections, and made up.</summary>
internal sealed class Recorded
{

    private readonly Transcript _transcript = new(256 * 1024 * 1024);
    private readonly Conversation _conversation;
    private long _time;

    internal Recorded(
        int id = 1,
        string client = "127.0.0.1:40000",
        string server = "127.0.0.1:8080",
        NetTranscriptProtocol protocol = NetTranscriptProtocol.Tcp,
        string? tls = null)
        => _conversation = new Conversation
        {
            Id = id,
            Client = IPEndPoint.Parse(client),
            Server = IPEndPoint.Parse(server),
            Protocol = protocol,
            Tls = tls,
        };

    internal NetTranscriptEvent[] Events => [.. _transcript.Read()];

    internal Recorded Note(NetTranscriptKind kind, NetTranscriptDirection? direction = null, string? detail = null)
        => Add(kind, direction, detail is null ? [] : Encoding.UTF8.GetBytes(detail));

    internal Recorded Opened() => Note(NetTranscriptKind.Opened, null, _conversation.Tls);

    internal Recorded Asks(string text) => Asks(Encoding.UTF8.GetBytes(text));

    internal Recorded Asks(byte[] data) => Add(NetTranscriptKind.Data, ToServer, data);

    internal Recorded Answers(string text) => Answers(Encoding.UTF8.GetBytes(text));

    internal Recorded Answers(byte[] data) => Add(NetTranscriptKind.Data, ToClient, data);

    internal Recorded Ends(NetTranscriptDirection direction) => Note(NetTranscriptKind.HalfClosed, direction);

    internal Recorded Closed() => Ends(ToServer).Ends(ToClient).Note(NetTranscriptKind.Closed);

    /// <summary>Bytes that a limit or a capture has lost.</summary>
    internal static NetTranscriptEvent Dropped(NetTranscriptEvent like, NetTranscriptDirection direction, long bytes) => new()
    {
        Kind = NetTranscriptKind.Dropped,
        Direction = direction,
        Length = bytes,
        ConnectionId = like.ConnectionId,
        Protocol = like.Protocol,
        Client = like.Client,
        Server = like.Server,
        Moment = like.Moment,
        IsTls = like.IsTls,
        Detail = "Lost.",
    };

    /// <summary>A real exchange over a pair of transports, as its server sees it.</summary>
    internal static async Task<NetTranscriptEvent[]> ExchangeAsync(TransportKind kind, byte[] request, byte[] response, bool reset = false)
    {
        Transcript transcript = new(64 * 1024 * 1024);
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        StreamTap.Attach(transcript, pair.Server, isServer: true);
        await Task.WhenAll(
            pair.Client.SendAsync(request, default).AsTask(), pair.Server.ReadExactlyAsync(request.Length)).Soon();
        await Task.WhenAll(
            pair.Server.SendAsync(response, default).AsTask(), pair.Client.ReadExactlyAsync(response.Length)).Soon();
        if (reset)
        {
            pair.Server.ResetOnDispose();
            pair.Server.Dispose();
        }
        else
        {
            await pair.Client.ShutdownSendAsync(default);
            await pair.Server.DiscardAsync(default).AsTask().Soon();
            await pair.Server.CloseAsync().Soon();
        }

        return [.. transcript.Read()];
    }

    /// <summary>Writes events to a file.</summary>
    internal static void Write(string path, Func<Stream, TranscriptWriter> format, IEnumerable<NetTranscriptEvent> events)
    {
        using FileStream file = File.Create(path);
        TranscriptWriter writer = format(file);
        foreach (NetTranscriptEvent item in events)
        {
            writer.Write(item);
        }

        writer.Finish();
    }

    private Recorded Add(NetTranscriptKind kind, NetTranscriptDirection? direction, byte[] data)
    {
        _transcript.Add(_conversation, kind, direction, data, _conversation.Start + (++_time * TimeSpan.TicksPerMillisecond));
        return this;
    }
}
