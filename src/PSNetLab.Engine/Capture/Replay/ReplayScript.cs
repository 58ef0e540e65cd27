using System.Globalization;

namespace PSNetLab.Engine.Capture.Replay;

/// <summary>What a replay does next.</summary>
/// <param name="Kind">Data to send, HalfClosed to end the stream, or Reset.</param>
/// <param name="Data">What to send.</param>
/// <param name="Elapsed">When, after the beginning.</param>
/// <param name="PeerBytes">How many bytes of the peer were recorded before.</param>
internal sealed record ReplayStep(NetTranscriptKind Kind, byte[] Data, TimeSpan Elapsed, long PeerBytes);

/// <summary>One side of a recorded conversation, to be played, and the bytes of the other, to be expected.</summary>
internal sealed class ReplayScript
{
    private ReplayScript()
    {
    }

    internal required int ConnectionId { get; init; }

    /// <summary>The way of what is played.</summary>
    internal required NetTranscriptDirection Direction { get; init; }

    internal List<ReplayStep> Steps { get; } = [];

    /// <summary>The bytes of the peer, up to the first that are missing.</summary>
    internal List<byte[]> Expected { get; } = [];

    /// <summary>How many bytes there are in <see cref="Expected"/>.</summary>
    internal long Comparable { get; private set; }

    /// <summary>How many bytes the peer sent, with those that are missing.</summary>
    internal long PeerBytes { get; private set; }

    /// <summary>Whether it was recorded that the peer ended its stream.</summary>
    internal bool PeerEnds { get; private set; }

    internal bool HasGap { get; private set; }

    /// <summary>Reads a side of a conversation.</summary>
    /// <param name="events">The events of one or more conversations.</param>
    /// <param name="connectionId">Which to play; null if there is only one.</param>
    /// <param name="direction">The way of the side to play.</param>
    /// <exception cref="NetLabException">It is not clear which to play, or it cannot be played.</exception>
    internal static ReplayScript Of(IReadOnlyList<NetTranscriptEvent> events, int? connectionId, NetTranscriptDirection direction)
    {
        int[] ids = [.. events.Select(item => item.ConnectionId).Distinct().Order()];
        if (ids.Length == 0)
        {
            throw Invalid("The transcript is empty. Record something with -Transcript, or read a file with Import-NetTranscript.");
        }

        if (connectionId is null && ids.Length > 1)
        {
            throw Invalid($"The transcript has {ids.Length} conversations: {IdList.Of(ids)}. Choose one with -ConnectionId.");
        }

        int id = connectionId ?? ids[0];
        NetTranscriptEvent[] own = [.. events.Where(item => item.ConnectionId == id)];
        if (own.Length == 0)
        {
            throw new NetLabException(
                FaultKind.ConnectionNotFound, $"The transcript has no connection {Text(id)}, only {IdList.Of(ids)}.") { Subject = id };
        }

        if (own[0].Protocol != NetTranscriptProtocol.Tcp)
        {
            throw Invalid(
                $"Connection {Text(id)} of the transcript went over UDP, and only streams, over TCP, can be replayed. Send its datagrams "
                    + "again with Send-UdpMessage: their bytes are the Data of the events.");
        }

        ReplayScript script = new() { ConnectionId = id, Direction = direction };
        foreach (NetTranscriptEvent item in own)
        {
            script.Add(item);
        }

        return script.Steps.Count > 0 || script.PeerBytes > 0
            ? script
            : throw Invalid($"Nothing was sent in connection {Text(id)} of the transcript, so there is nothing to replay.");
    }

    private void Add(NetTranscriptEvent item)
    {
        bool isOwn = item.Direction == Direction;
        switch (item.Kind)
        {
            case NetTranscriptKind.Dropped when isOwn:
                throw new NetLabException(
                    FaultKind.InvalidTranscript,
                    $"{Text(item.Length)} bytes that would have to be sent are missing in connection {Text(ConnectionId)} of the "
                        + "transcript. Record it again with a larger -TranscriptBytes.");
            case NetTranscriptKind.Dropped:
                HasGap = true;
                PeerBytes += item.Length;
                break;
            case NetTranscriptKind.Data when isOwn:
            case NetTranscriptKind.HalfClosed when isOwn:
            case NetTranscriptKind.Reset when isOwn:
                Steps.Add(new ReplayStep(item.Kind, item.Bytes ?? [], item.Elapsed, PeerBytes));
                break;
            case NetTranscriptKind.Data:
                PeerBytes += item.Bytes!.Length;
                if (!HasGap)
                {
                    Expected.Add(item.Bytes);
                    Comparable += item.Bytes.Length;
                }

                break;
            case NetTranscriptKind.HalfClosed:
                PeerEnds = true;
                break;
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static NetLabException Invalid(string message) => new(FaultKind.InvalidParameters, message);
}
