using System.Diagnostics;
using System.Net;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture;

/// <summary>Two endpoints whose exchange a <see cref="Transcript"/> records.</summary>
internal sealed class Conversation
{
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
}
