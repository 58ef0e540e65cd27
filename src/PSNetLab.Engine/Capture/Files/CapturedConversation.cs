using System.Net;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>A conversation in a capture: what its packets say happened.</summary>
internal sealed class CapturedConversation
{
    private readonly Queue<NetTranscriptEvent> _events;
    private readonly Func<long> _nextSequence;
    private readonly CapturedStream[] _streams;
    private DateTime _time;
    private string? _detail;
    private bool _sawSyn;
    private bool _isOpen;
    private bool _isOver;

    /// <param name="events">Gets its events.</param>
    /// <param name="held">Counts what is held back.</param>
    /// <param name="nextSequence">Numbers events.</param>
    internal CapturedConversation(Queue<NetTranscriptEvent> events, HeldBytes held, Func<long> nextSequence)
    {
        _events = events;
        _nextSequence = nextSequence;
        _streams = [NewStream(ToServer), NewStream(ToClient)];

        CapturedStream NewStream(NetTranscriptDirection direction) => new(
            held,
            data => Emit(NetTranscriptKind.Data, direction, data),
            bytes => Emit(NetTranscriptKind.Dropped, direction, missing: bytes),
            () => Emit(NetTranscriptKind.HalfClosed, direction));
    }

    internal required int Id { get; init; }

    internal required NetTranscriptProtocol Protocol { get; init; }

    internal required PacketEnd ClientEnd { get; init; }

    internal required IPEndPoint Client { get; init; }

    internal required IPEndPoint Server { get; init; }

    internal bool IsTls { get; init; }

    /// <summary>When it began, in UTC.</summary>
    internal required DateTime Start { get; set; }

    /// <summary>Whether a packet begins another connection between the same ends.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="id">The number that this module wrote about it; null for none.</param>
    internal bool IsReplacedBy(ref CapturedPacket packet, int? id)
        => id is { } other ? other != Id
            : Protocol == NetTranscriptProtocol.Tcp && packet.Has(TcpFlags.Syn) && !packet.Has(TcpFlags.Acknowledge)
                && !(packet.Source == ClientEnd && _streams[(int)ToServer].BeganWith(packet.Sequence + 1));

    internal void TakeDatagram(ref CapturedPacket packet, DateTime time, CaptureComments comments)
    {
        Begin(time, comments);
        if (!_isOpen)
        {
            _isOpen = true;
            Start = _time;
            if (!comments.BeginsLater)
            {
                Emit(NetTranscriptKind.Opened, null);
            }
        }

        _detail ??= packet.Missing > 0 ? $"{packet.Missing} more bytes of this datagram were not captured." : null;
        Emit(NetTranscriptKind.Data, Way(ref packet), packet.Payload.ToArray());
    }

    internal void TakeSegment(ref CapturedPacket packet, DateTime time, CaptureComments comments)
    {
        if (_isOver)
        {
            return;
        }

        Begin(time, comments);

        NetTranscriptDirection way = Way(ref packet);
        CapturedStream stream = _streams[(int)way];
        CapturedStream other = _streams[1 - (int)way];
        if (packet.Has(TcpFlags.Syn))
        {
            TakeSyn(ref packet, stream, way);
        }
        else if (packet.Has(TcpFlags.Reset))
        {
            if (_sawSyn && !_isOpen)
            {
                _detail ??= "The connection was refused.";
            }

            Finish();
            Emit(NetTranscriptKind.Reset, way);
            End();
            return;
        }
        else if (!packet.Payload.IsEmpty || packet.Missing > 0 || packet.Has(TcpFlags.Fin))
        {
            Open();
            stream.Take(packet.Sequence, packet.Payload, packet.Missing, packet.Has(TcpFlags.Fin));
        }

        if (packet.Has(TcpFlags.Acknowledge))
        {
            other.Acknowledge(packet.Acknowledged);
        }

        if (comments.Gaps.Count > 0)
        {
            Array.ForEach(_streams, one => one.GiveUp());
        }

        if (_streams[0].HasEnded && _streams[1].HasEnded)
        {
            End();
        }
    }

    /// <summary>Emits what is held back: nothing more follows.</summary>
    internal void Finish()
    {
        if (!_isOver)
        {
            Array.ForEach(_streams, stream => stream.Finish());
        }
    }

    private NetTranscriptDirection Way(ref CapturedPacket packet) => packet.Source == ClientEnd ? ToServer : ToClient;

    private void Begin(DateTime time, CaptureComments comments)
    {
        _time = time > _time ? time : _time;
        foreach ((NetTranscriptDirection? direction, string what) in comments.Faults)
        {
            _detail = what;
            Emit(NetTranscriptKind.Fault, direction);
        }

        foreach ((NetTranscriptDirection direction, long bytes) in comments.Gaps)
        {
            // Only in a stream of TCP that has begun do sequence numbers tell.
            if (!_streams[(int)direction].HasBegun)
            {
                Emit(NetTranscriptKind.Dropped, direction, missing: bytes);
            }
        }

        _detail = comments.Rest ?? _detail;
    }

    private void TakeSyn(ref CapturedPacket packet, CapturedStream stream, NetTranscriptDirection way)
    {
        _sawSyn = true;

        // Repeated, it changes nothing. The data of a SYN (RFC 7413) come after it.
        if (!stream.HasBegun)
        {
            stream.Begin(packet.Sequence + 1);
        }

        if (way == ToClient)
        {
            Open();
        }

        if (!packet.Payload.IsEmpty)
        {
            stream.Take(packet.Sequence + 1, packet.Payload, packet.Missing, isLast: false);
        }
    }

    /// <summary>The connection is there, unless it was before the capture began.</summary>
    private void Open()
    {
        if (_sawSyn && !_isOpen)
        {
            Start = _time;
            _isOpen = true;
            Emit(NetTranscriptKind.Opened, null);
        }
    }

    private void End()
    {
        _isOver = true;
        Emit(NetTranscriptKind.Closed, null);
    }

    private void Emit(NetTranscriptKind kind, NetTranscriptDirection? direction, byte[]? data = null, long missing = 0)
    {
        _events.Enqueue(new NetTranscriptEvent
        {
            Sequence = _nextSequence(),
            Moment = _time.ToLocalTime(),
            Elapsed = _time - Start,
            ConnectionId = Id,
            Protocol = Protocol,
            Kind = kind,
            Direction = direction,
            Bytes = data,
            Length = data?.Length ?? missing,
            Client = Client,
            Server = Server,
            IsTls = IsTls,
            Detail = kind == NetTranscriptKind.Dropped ? "The capture did not see them." : _detail,
        });
        if (kind != NetTranscriptKind.Dropped)
        {
            _detail = null;
        }
    }
}
