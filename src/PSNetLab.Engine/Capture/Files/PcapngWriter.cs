using System.Globalization;
using System.Net;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>
/// Writes a transcript as packets that Wireshark reads. What TCP did below the bytes was not recorded, so it is made up: handshakes,
/// sequence numbers, acknowledgments.
/// </summary>
internal sealed class PcapngWriter : TranscriptWriter
{
    /// <summary>How a comment about a fault begins; a direction may follow.</summary>
    internal const string FaultMark = "Fault";

    private const int MostSegmentBytes = 16 * 1024;

    // A receiver acknowledges at least every second full segment (RFC 9293, section 3.8.6.3).
    private const int MostUnacknowledged = 2 * MostSegmentBytes;

    private readonly PcapngBlocks _blocks;
    private readonly Dictionary<(NetTranscriptProtocol Protocol, IPEndPoint Server), int> _interfaces = [];
    private readonly Dictionary<(int Id, IPEndPoint Client, IPEndPoint Server), PacketStream> _streams = [];
    private readonly OpenEnds _open = new();

    internal PcapngWriter(Stream stream)
    {
        _blocks = new PcapngBlocks(stream);
        _blocks.WriteSection($"{Application} {typeof(PcapngWriter).Assembly.GetName().Version!.ToString(3)}");
    }

    /// <summary>The application that this file says it was written by.</summary>
    internal static string Application => "PSNetLab";

    internal override IReadOnlyList<string> Remarks => _open.Remarks;

    internal override void Write(NetTranscriptEvent item)
    {
        if (!_open.Admits(item))
        {
            return;
        }

        var key = (item.ConnectionId, item.Client, item.Server);
        if (!_streams.TryGetValue(key, out PacketStream? stream))
        {
            if (item.Kind == NetTranscriptKind.Closed)
            {
                return;
            }

            _streams.Add(key, stream = Begin(item));
        }

        if (item.Moment.ToUniversalTime() is var time && time > stream.Time)
        {
            stream.Time = time;
        }

        Remark(stream, item);
        if (item.Protocol == NetTranscriptProtocol.Tcp)
        {
            WriteTcp(stream, item);
        }
        else if (item is { Bytes: { } data, Direction: { } direction })
        {
            WriteDatagram(stream, direction, data);
        }

        stream.HasBegun = true;
        if (item.Kind == NetTranscriptKind.Closed)
        {
            End(stream);
            _streams.Remove(key);
        }
    }

    internal override void Finish()
    {
        foreach (PacketStream stream in _streams.Values)
        {
            End(stream);
        }

        _blocks.Flush();
    }

    private PacketStream Begin(NetTranscriptEvent item)
    {
        var server = (item.Protocol, item.Server);
        if (!_interfaces.TryGetValue(server, out int number))
        {
            _interfaces.Add(server, number = _interfaces.Count);
            _blocks.WriteInterface($"{item.Protocol.ToString().ToLowerInvariant()} {item.Server}");
        }

        PacketStream stream = new(item, number) { Time = item.Moment.ToUniversalTime() };
        stream.Say($"Connection {item.ConnectionId.ToString(CultureInfo.InvariantCulture)} of {Application}.");
        if (item.Kind != NetTranscriptKind.Opened)
        {
            stream.Say("The transcript begins in the middle of this conversation.");
        }

        if (item.IsTls)
        {
            string how = item is { Kind: NetTranscriptKind.Opened, Detail: { } detail } ? $" ({detail})" : string.Empty;
            stream.Say($"TLS{how} was taken off: this is what was inside.");
        }

        if (!stream.Ends.HasPorts)
        {
            stream.Say("A Unix socket, with made-up addresses and ports.");
        }

        return stream;
    }

    private static void Remark(PacketStream stream, NetTranscriptEvent item)
    {
        string detail = item.Detail is null ? string.Empty : $" {item.Detail}";
        switch (item.Kind)
        {
            case NetTranscriptKind.Fault:
                stream.Say($"{FaultMark}{(item.Direction is { } way ? $" {PacketStream.Name(way)}" : string.Empty)}:{detail}");
                break;
            case NetTranscriptKind.Dropped when item.Direction is { } lost:
                stream.Say(string.Create(
                    CultureInfo.InvariantCulture, $"{item.Length} bytes {PacketStream.Name(lost)} are missing here.{detail}"));
                break;
            case NetTranscriptKind.Opened when item.IsTls:
                break;
            default:
                if (detail.Length > 0)
                {
                    stream.Say(detail.TrimStart());
                }

                break;
        }
    }

    private void WriteTcp(PacketStream stream, NetTranscriptEvent item)
    {
        switch (item.Kind)
        {
            case NetTranscriptKind.Opened when !stream.HasBegun:
                WriteHandshake(stream);
                break;
            case NetTranscriptKind.Data when item is { Bytes: { } data, Direction: { } direction }:
                WriteData(stream, direction, data);
                break;
            case NetTranscriptKind.Dropped when item.Direction is { } direction:
                stream.Advance(direction, item.Length);
                break;
            case NetTranscriptKind.HalfClosed when item.Direction is { } direction:
                WriteEnd(stream, direction);
                break;
            case NetTranscriptKind.Reset when !stream.Ended[0] || !stream.Ended[1]:
                WriteSegment(stream, item.Direction ?? ToServer, TcpFlags.Reset | TcpFlags.Acknowledge, default);
                stream.Ended.AsSpan().Fill(true);
                break;
            case NetTranscriptKind.Closed:
                foreach (NetTranscriptDirection direction in new[] { ToServer, ToClient })
                {
                    if (!stream.Ended[(int)direction])
                    {
                        stream.Say("This end of the stream was not recorded; the connection was closed.");
                        WriteEnd(stream, direction);
                    }
                }

                break;
        }
    }

    private void WriteHandshake(PacketStream stream)
    {
        stream.Rewind(ToServer);
        stream.Rewind(ToClient);
        WriteSegment(stream, ToServer, TcpFlags.Syn, default);
        stream.Advance(ToServer, 1);
        WriteSegment(stream, ToClient, TcpFlags.Syn | TcpFlags.Acknowledge, default);
        stream.Advance(ToClient, 1);
        WriteSegment(stream, ToServer, TcpFlags.Acknowledge, default);
    }

    private void WriteData(PacketStream stream, NetTranscriptDirection direction, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> piece = data[..Math.Min(data.Length, MostSegmentBytes)];
            WriteSegment(stream, direction, TcpFlags.Push | TcpFlags.Acknowledge, piece);
            stream.Advance(direction, piece.Length);
            data = data[piece.Length..];
            if (stream.Unacknowledged(direction) >= MostUnacknowledged)
            {
                WriteSegment(stream, 1 - direction, TcpFlags.Acknowledge, default);
            }
        }
    }

    private void WriteEnd(PacketStream stream, NetTranscriptDirection direction)
    {
        if (!stream.Ended[(int)direction])
        {
            stream.Ended[(int)direction] = true;
            WriteSegment(stream, direction, TcpFlags.Fin | TcpFlags.Acknowledge, default);
            stream.Advance(direction, 1);
            WriteSegment(stream, 1 - direction, TcpFlags.Acknowledge, default);
        }
    }

    private void WriteSegment(PacketStream stream, NetTranscriptDirection direction, TcpFlags flags, ReadOnlySpan<byte> data)
    {
        uint acknowledged = flags.HasFlag(TcpFlags.Acknowledge) ? stream.Acknowledge(1 - direction) : 0;
        Span<byte> packet = _blocks.BeginPacket(stream.Interface, stream.Time);
        EndPacket(stream, direction, Packets.WriteTcp(
            packet, stream.Ends, direction, flags, stream.Next(direction), acknowledged, data));
    }

    private void WriteDatagram(PacketStream stream, NetTranscriptDirection direction, ReadOnlySpan<byte> data)
    {
        int most = Packets.MostDatagram(stream.Ends);
        if (data.Length > most)
        {
            throw new NetLabException(
                FaultKind.MessageTooLong,
                $"A datagram of {data.Length} bytes does not fit into a packet, which holds {most} at most. Export to .jsonl instead.");
        }

        Span<byte> packet = _blocks.BeginPacket(stream.Interface, stream.Time);
        EndPacket(stream, direction, Packets.WriteUdp(packet, stream.Ends, direction, data));
    }

    private void EndPacket(PacketStream stream, NetTranscriptDirection direction, int length)
    {
        _blocks.EndPacket(length, isIncoming: direction == ToServer, stream.Comments);
        stream.NoteSaid();
    }

    /// <summary>Writes what is still to be said, for want of a packet about the interface.</summary>
    private void End(PacketStream stream)
    {
        if (stream.HasBegun && stream.Comments.Count > 0)
        {
            _blocks.WriteRemark(stream.Interface, stream.Time, string.Join(' ', stream.Comments));
        }
    }
}
