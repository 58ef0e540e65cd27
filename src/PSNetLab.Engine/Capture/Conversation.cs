using System.Diagnostics;
using System.Net;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture;

/// <summary>Two endpoints whose exchange a <see cref="Transcript"/> records.</summary>
internal sealed class Conversation
{
    private static readonly NetTranscriptDirection[] s_both = Enum.GetValues<NetTranscriptDirection>();

    // When something was last recorded, by direction, and what has ended. Guarded by the lock of the transcript.
    private readonly long[] _latest = new long[2];
    private readonly bool[] _hasEnded = new bool[2];
    private bool _isClosed;

    internal required int Id { get; init; }

    internal required IPEndPoint Client { get; init; }

    internal required IPEndPoint Server { get; init; }

    internal NetTranscriptProtocol Protocol { get; init; }

    /// <summary>The version and cipher suite of TLS; null without.</summary>
    internal string? Tls { get; init; }

    internal Encoding Encoding { get; set; } = TextEncoding.Default;

    /// <summary>When it began.</summary>
    internal long Start { get; init; } = Stopwatch.GetTimestamp();

    /// <summary>The bytes that the transcript no longer has, by direction. Guarded by the lock of the transcript.</summary>
    internal long[] Dropped { get; } = new long[2];

    /// <summary>The segment that last recorded it, and its place in there. Guarded by the lock of the transcript.</summary>
    internal (TranscriptSegment? Segment, int Index) Place { get; set; }

    /// <summary>
    /// Whether an event may follow those before it: nothing follows Closed, and no bytes the end of their stream. Called with the lock of
    /// the transcript.
    /// </summary>
    /// <remarks>
    /// One thread may close a connection while others, which have just read or written, have yet to record that. Who is too late is
    /// not recorded: nobody will take these bytes.
    /// </remarks>
    /// <param name="kind">What happened.</param>
    /// <param name="direction">Which way; null for none.</param>
    /// <param name="timestamp">When. An end is put behind what was recorded before it.</param>
    internal bool Follow(NetTranscriptKind kind, NetTranscriptDirection? direction, ref long timestamp)
    {
        bool isOver = direction is { } way && _hasEnded[(int)way];
        if (_isClosed || (isOver && kind is NetTranscriptKind.Data or NetTranscriptKind.HalfClosed))
        {
            return false;
        }

        switch (kind)
        {
            case NetTranscriptKind.HalfClosed when direction is { } ended:
                timestamp = Math.Max(timestamp, _latest[(int)ended]);
                _hasEnded[(int)ended] = true;
                break;
            case NetTranscriptKind.Reset or NetTranscriptKind.Closed:
                timestamp = Math.Max(timestamp, Math.Max(_latest[0], _latest[1]));
                _hasEnded.AsSpan().Fill(true);
                _isClosed = kind == NetTranscriptKind.Closed;
                break;
        }

        foreach (NetTranscriptDirection one in s_both)
        {
            if (direction is null || direction == one)
            {
                _latest[(int)one] = Math.Max(_latest[(int)one], timestamp);
            }
        }

        return true;
    }
}
