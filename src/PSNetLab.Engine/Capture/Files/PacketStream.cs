using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>
/// One conversation on its way into packets: how far each side of TCP is, and what there is to say about the next packet.
/// </summary>
internal sealed class PacketStream
{
    private const int MostComments = 8;

    private readonly uint[] _next;
    private readonly uint[] _acknowledged;
    private int _unsaid;

    internal PacketStream(NetTranscriptEvent first, int onInterface)
    {
        Ends = new PacketAddresses(first.Client, first.Server, first.ConnectionId);
        Interface = onInterface;

        // Another start for each connection, so that one that has the ports of an earlier one is not taken for it. The 1 is for SYN.
        _next = [StartOf(first) + 1, StartOf(first) + 1];
        _acknowledged = [.. _next];
    }

    internal PacketAddresses Ends { get; }

    internal int Interface { get; }

    internal bool HasBegun { get; set; }

    /// <summary>Whether each side has ended its stream.</summary>
    internal bool[] Ended { get; } = new bool[2];

    /// <summary>The time of the last packet, in UTC: that of the next is not before it.</summary>
    internal DateTime Time { get; set; }

    /// <summary>What to say about the next packet.</summary>
    internal List<string> Comments { get; } = [];

    /// <summary>Goes back to the sequence number of SYN.</summary>
    internal void Rewind(NetTranscriptDirection direction) => _next[(int)direction]--;

    /// <summary>The sequence number of the next byte.</summary>
    internal uint Next(NetTranscriptDirection direction) => _next[(int)direction];

    /// <summary>What the receiver of a direction has said that it has got.</summary>
    internal uint Unacknowledged(NetTranscriptDirection direction) => _next[(int)direction] - _acknowledged[(int)direction];

    internal void Advance(NetTranscriptDirection direction, long bytes) => _next[(int)direction] += (uint)bytes;

    /// <summary>Notes that the receiver of a direction acknowledges everything; returns the number that says so.</summary>
    internal uint Acknowledge(NetTranscriptDirection direction) => _acknowledged[(int)direction] = _next[(int)direction];

    internal void Say(string comment)
    {
        if (Comments.Count < MostComments)
        {
            Comments.Add(comment);
        }
        else
        {
            Comments[^1] = $"{++_unsaid + 1} more remarks are left out.";
        }
    }

    internal void NoteSaid()
    {
        Comments.Clear();
        _unsaid = 0;
    }

    internal static string Name(NetTranscriptDirection direction) => direction == ToServer ? "to the server" : "to the client";

    private static uint StartOf(NetTranscriptEvent first) => (uint)first.ConnectionId << 16;
}
