using System.Net;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture;

/// <summary>Records a connection in a transcript.</summary>
internal sealed class StreamTap : ITap
{
    // How a Unix socket appears, which has no port.
    private static readonly IPEndPoint s_nowhere = new(IPAddress.Loopback, 0);

    private readonly NetTranscriptDirection _incoming;

    private StreamTap(Transcript transcript, Transport transport, bool isServer)
    {
        Transcript = transcript;
        _incoming = isServer ? NetTranscriptDirection.ToServer : NetTranscriptDirection.ToClient;
        IPEndPoint local = EndPoint(transport.LocalEndPoint);
        IPEndPoint remote = EndPoint(transport.RemoteEndPoint);
        Conversation = new Conversation
        {
            Id = transport.Id,
            Client = isServer ? remote : local,
            Server = isServer ? local : remote,
            Tls = transport.Tls is { } tls ? $"{tls.Protocol} {tls.CipherSuite}" : null,
        };
    }

    internal Transcript Transcript { get; }

    internal Conversation Conversation { get; }

    private NetTranscriptDirection Outgoing => 1 - _incoming;

    /// <summary>Records a connection from now on, until it is closed.</summary>
    /// <param name="transcript">Where; null for nowhere.</param>
    /// <param name="transport">The connection.</param>
    /// <param name="isServer">Whether this side is the server.</param>
    internal static void Attach(Transcript? transcript, Transport transport, bool isServer)
    {
        if (transcript is not null)
        {
            StreamTap tap = new(transcript, transport, isServer);
            transport.Tap = tap;
            transcript.Note(tap.Conversation, NetTranscriptKind.Opened, null, tap.Conversation.Tls);
        }
    }

    /// <summary>Records that a fault was injected.</summary>
    internal void NoteFault(NetTranscriptDirection? direction, string what)
        => Transcript.Note(Conversation, NetTranscriptKind.Fault, direction, what);

    /// <inheritdoc/>
    public void OnReceived(ReadOnlySpan<byte> bytes, long timestamp)
    {
        if (!bytes.IsEmpty)
        {
            Transcript.Add(Conversation, NetTranscriptKind.Data, _incoming, bytes, timestamp);
        }
    }

    /// <inheritdoc/>
    public void OnSent(ReadOnlySpan<byte> bytes, long timestamp)
        => Transcript.Add(Conversation, NetTranscriptKind.Data, Outgoing, bytes, timestamp);

    /// <inheritdoc/>
    public void OnReceivedEnd(long timestamp) => End(_incoming, timestamp);

    /// <inheritdoc/>
    public void OnSentEnd(long timestamp) => End(Outgoing, timestamp);

    /// <inheritdoc/>
    public void OnClosed(StreamEnd how, long timestamp)
    {
        if (how == StreamEnd.Closed)
        {
            // A close ends the stream, if nothing has before.
            End(Outgoing, timestamp);
        }
        else
        {
            Transcript.Add(
                Conversation, NetTranscriptKind.Reset, how == StreamEnd.ResetByPeer ? _incoming : Outgoing, default, timestamp);
        }

        Transcript.Add(Conversation, NetTranscriptKind.Closed, null, default, timestamp);
    }

    /// <summary>Records the end of a stream, once.</summary>
    private void End(NetTranscriptDirection direction, long timestamp)
        => Transcript.Add(Conversation, NetTranscriptKind.HalfClosed, direction, default, timestamp);

    private static IPEndPoint EndPoint(EndPoint endPoint) => endPoint is IPEndPoint ip ? Addresses.OfSocket(ip) : s_nowhere;
}
