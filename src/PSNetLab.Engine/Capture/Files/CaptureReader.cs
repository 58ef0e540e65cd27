using System.Globalization;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>Makes a transcript of the packets of a capture: streams of TCP are put together again.</summary>
internal sealed class CaptureReader
{
    // Each takes a few hundred bytes. A capture of a scan can have any number.
    private const int MostConversations = 65_536;

    private readonly PacketReader _reader;
    private readonly Dictionary<(NetTranscriptProtocol, PacketEnd, PacketEnd), CapturedConversation> _conversations = [];
    private readonly Queue<((NetTranscriptProtocol, PacketEnd, PacketEnd) Key, CapturedConversation Conversation)> _byAge = new();
    private readonly Queue<NetTranscriptEvent> _events = new();
    private readonly HeldBytes _held = new();
    private readonly long[] _verdicts = new long[Enum.GetValues<PacketVerdict>().Length];
    private long _sequence;
    private int _ids;

    private CaptureReader(PacketReader reader) => _reader = reader;

    /// <summary>The events of a capture, in the order of its packets.</summary>
    /// <param name="reader">The packets.</param>
    /// <param name="remarks">Gets what was left out, at the end.</param>
    /// <param name="cancellationToken">Ends the reading, also of packets that make no events.</param>
    /// <exception cref="NetLabException">The capture is malformed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal static IEnumerable<NetTranscriptEvent> Read(
        PacketReader reader, ICollection<string> remarks, CancellationToken cancellationToken)
    {
        CaptureReader capture = new(reader);
        while (reader.Read(cancellationToken))
        {
            capture.TakePacket();
            while (capture._events.TryDequeue(out NetTranscriptEvent? item))
            {
                yield return item;
            }
        }

        foreach ((_, CapturedConversation conversation) in capture._byAge)
        {
            conversation.Finish();
            while (capture._events.TryDequeue(out NetTranscriptEvent? item))
            {
                yield return item;
            }
        }

        capture.Remark(remarks);
    }

    private void TakePacket()
    {
        CapturedPacket packet = default;
        PacketVerdict verdict = packet.Parse(_reader);
        _verdicts[(int)verdict]++;
        if (verdict != PacketVerdict.Taken)
        {
            return;
        }

        CaptureComments comments = CaptureComments.Of(_reader);
        if (Find(ref packet, comments) is { } conversation)
        {
            if (packet.Protocol == NetTranscriptProtocol.Tcp)
            {
                conversation.TakeSegment(ref packet, _reader.Time, comments);
            }
            else
            {
                conversation.TakeDatagram(ref packet, _reader.Time, comments);
            }
        }
    }

    /// <summary>The conversation of a packet, perhaps a new one; null if it says nothing.</summary>
    private CapturedConversation? Find(ref CapturedPacket packet, CaptureComments comments)
    {
        bool isInOrder = packet.Source.Address < packet.Destination.Address
            || (packet.Source.Address == packet.Destination.Address && packet.Source.Port <= packet.Destination.Port);
        var key = isInOrder
            ? (packet.Protocol, packet.Source, packet.Destination)
            : (packet.Protocol, packet.Destination, packet.Source);
        if (_conversations.TryGetValue(key, out CapturedConversation? known) && !known.IsReplacedBy(ref packet, comments.ConnectionId))
        {
            return known;
        }

        bool isTcp = packet.Protocol == NetTranscriptProtocol.Tcp;
        bool isSilent = packet.Payload.IsEmpty && packet.Missing == 0 && !packet.Has(TcpFlags.Syn);
        if (isTcp && known is null && isSilent && comments.ConnectionId is null)
        {
            return null;
        }

        known?.Finish();
        PacketEnd client = IsFromServer(ref packet) ? packet.Destination : packet.Source;
        CapturedConversation conversation = new(_events, _held, () => ++_sequence)
        {
            Id = comments.ConnectionId ?? ++_ids,
            Protocol = packet.Protocol,
            ClientEnd = client,
            Client = client.ToEndPoint(),
            Server = (client == packet.Source ? packet.Destination : packet.Source).ToEndPoint(),
            IsTls = comments.IsTls,
            Start = _reader.Time,
        };
        _conversations[key] = conversation;
        _byAge.Enqueue((key, conversation));
        if (_byAge.Count > MostConversations)
        {
            var oldest = _byAge.Dequeue();
            oldest.Conversation.Finish();
            if (_conversations.TryGetValue(oldest.Key, out CapturedConversation? current) && current == oldest.Conversation)
            {
                _conversations.Remove(oldest.Key);
            }
        }

        return conversation;
    }

    /// <summary>
    /// What this module wrote says it. Otherwise, who answers a SYN is the server; without one, who has the lower port. Over UDP, the
    /// client is who sends first.
    /// </summary>
    private bool IsFromServer(ref CapturedPacket packet)
        => _reader.Way is { } way ? way == NetTranscriptDirection.ToClient
            : packet.Has(TcpFlags.Syn) ? packet.Has(TcpFlags.Acknowledge)
            : packet.Protocol == NetTranscriptProtocol.Tcp && packet.Source.Port < packet.Destination.Port;

    private void Remark(ICollection<string> remarks)
    {
        Add(PacketVerdict.UnknownLink, $"of a kind of network that is not supported (link type {_reader.LinkType})");
        Add(PacketVerdict.Other, "neither of TCP nor of UDP");
        Add(PacketVerdict.Fragment, "with a fragment of IP, which are not put together");
        Add(PacketVerdict.Damaged, "with headers that are cut off or wrong");

        void Add(PacketVerdict verdict, string what)
        {
            long count = _verdicts[(int)verdict];
            if (count > 0)
            {
                string packets = count == 1 ? "packet" : "packets";
                remarks.Add(string.Create(CultureInfo.InvariantCulture, $"{_reader.Name}: left out {count} {packets} {what}."));
            }
        }
    }
}
