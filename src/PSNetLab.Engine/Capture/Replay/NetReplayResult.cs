using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>What came of a replay.</summary>
public sealed class NetReplayResult
{
    internal NetReplayResult()
    {
    }

    /// <summary>When it began, in local time.</summary>
    public object Time => FileValue.With(Began);

    /// <summary>The address and port of the peer, as text that has an Address and a Port.</summary>
    public object RemoteEndPoint => EndPointText.Of(Remote);

    /// <summary>
    /// With -Compare: whether the peer sent what was recorded, no more, no less, and everything could be sent. Null otherwise.
    /// </summary>
    public bool? Matched { get; internal init; }

    /// <summary>With -Compare: where the peer first sent something else; null if it did not.</summary>
    public NetReplayDifference? FirstDifference { get; internal init; }

    /// <summary>The bytes sent.</summary>
    public long Sent { get; internal init; }

    /// <summary>The bytes received.</summary>
    public long Received { get; internal init; }

    /// <summary>The bytes of the peer that were recorded.</summary>
    public long Expected { get; internal init; }

    /// <summary>How long it took, in milliseconds.</summary>
    public object DurationMilliseconds => FileValue.With(Duration.TotalMilliseconds);

    /// <summary>Why the replay ended early, as a sentence; null if it came to its end.</summary>
    public string? Reason { get; internal init; }

    /// <summary>The number of the conversation in the transcript.</summary>
    public int ConnectionId { get; internal init; }

    internal DateTime Began { get; init; }

    internal TimeSpan Duration { get; init; }

    internal IPEndPoint Remote { get; init; } = null!;
}
