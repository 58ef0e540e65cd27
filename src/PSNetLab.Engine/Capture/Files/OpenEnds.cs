using System.Net;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>
/// Leaves out connections that have the two ends of another that is still open: in packets, they would be one stream with two
/// numberings. So it is when both ends of a connection are in this process, and both record.
/// </summary>
internal sealed class OpenEnds
{
    private readonly Dictionary<(IPEndPoint Client, IPEndPoint Server), OpenConnection> _open = [];
    private readonly HashSet<(int Id, IPEndPoint Client, IPEndPoint Server)> _twins = [];
    private readonly List<int> _leftOut = [];
    private int _count;

    /// <summary>What was left out.</summary>
    internal IReadOnlyList<string> Remarks => _count == 0 ? [] :
    [
        $"Left out {(_count == 1 ? "connection" : $"{_count} connections:")} {IdList.Of(_leftOut)}, with the addresses and ports of "
            + "another that was still open, as when both ends of a connection record. Export each end to a file of its own: "
            + "Get-NetTranscript has -ConnectionId.",
    ];

    /// <summary>Whether an event is to be written.</summary>
    internal bool Admits(NetTranscriptEvent item)
    {
        // Unix sockets get ports that are made of their numbers; datagrams have no numbering.
        if (item.Protocol != NetTranscriptProtocol.Tcp || (item.Client.Port == 0 && item.Server.Port == 0))
        {
            return true;
        }

        var twin = (item.ConnectionId, item.Client, item.Server);
        if (item.Kind == NetTranscriptKind.Closed ? _twins.Remove(twin) : _twins.Contains(twin))
        {
            return false;
        }

        var ends = (item.Client, item.Server);
        if (!_open.TryGetValue(ends, out OpenConnection? first) || (first.Id != item.ConnectionId && first.IsFollowedBy(item)))
        {
            _open[ends] = first = new OpenConnection(item.ConnectionId);
        }
        else if (first.Id != item.ConnectionId)
        {
            // Of a connection that another has followed, its close may still come.
            if (item.Kind != NetTranscriptKind.Closed)
            {
                LeaveOut(twin);
            }

            return false;
        }

        first.Note(item);
        if (item.Kind == NetTranscriptKind.Closed)
        {
            _open.Remove(ends);
        }

        return true;
    }

    private void LeaveOut((int Id, IPEndPoint Client, IPEndPoint Server) twin)
    {
        _twins.Add(twin);
        _count++;
        if (_leftOut.Count <= IdList.Most)
        {
            _leftOut.Add(twin.Id);
        }
    }

    private sealed class OpenConnection(int id)
    {
        private readonly bool[] _haveSpoken = new bool[2];
        private readonly bool[] _haveEnded = new bool[2];

        internal int Id => id;

        /// <summary>Whether the first event of another connection shows that this one is over, though no close was seen.</summary>
        /// <remarks>Two records of one connection both begin before there was an answer.</remarks>
        internal bool IsFollowedBy(NetTranscriptEvent first)
            => (_haveEnded[0] && _haveEnded[1]) || (first.Kind == NetTranscriptKind.Opened && _haveSpoken[0] && _haveSpoken[1]);

        internal void Note(NetTranscriptEvent item)
        {
            if (item.Kind == NetTranscriptKind.Reset)
            {
                _haveEnded.AsSpan().Fill(true);
            }
            else if (item.Direction is { } way)
            {
                _haveSpoken[(int)way] |= item.Kind == NetTranscriptKind.Data;
                _haveEnded[(int)way] |= item.Kind == NetTranscriptKind.HalfClosed;
            }
        }
    }
}
