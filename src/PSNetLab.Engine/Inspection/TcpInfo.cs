using System.Runtime.InteropServices;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>
/// The kernel's TCP measurements of a connection (struct tcp_info of linux/tcp.h). A property is null if the kernel is too
/// old to report it.
/// </summary>
public sealed class TcpInfo
{
    private TcpInfo(ReadOnlySpan<byte> info)
    {
        RoundTripTime = TimeSpan.FromMicroseconds(UInt32(info, 68) ?? 0);
        RoundTripVariance = TimeSpan.FromMicroseconds(UInt32(info, 72) ?? 0);
        MinimumRoundTripTime = UInt32(info, 148) is { } least and not uint.MaxValue ? TimeSpan.FromMicroseconds(least) : null;
        RetransmissionTimeout = TimeSpan.FromMicroseconds(UInt32(info, 8) ?? 0);
        CongestionWindow = UInt32(info, 80);
        MaximumSegmentSize = UInt32(info, 16);
        PathMtu = UInt32(info, 60);
        Unacknowledged = UInt32(info, 24);
        Sacked = UInt32(info, 28);
        Lost = UInt32(info, 32);
        TotalRetransmits = UInt32(info, 100);
        BytesAcknowledged = UInt64(info, 120);
        BytesReceived = UInt64(info, 128);
        SegmentsSent = UInt32(info, 136);
        SegmentsReceived = UInt32(info, 140);
        DeliveryRate = UInt64(info, 160);
    }

    /// <summary>The smoothed time from sending to acknowledgement, in milliseconds (RFC 6298).</summary>
    public object RoundTripMilliseconds => FileValue.With(RoundTripTime.TotalMilliseconds);

    /// <summary>The variation of the round-trip time, in milliseconds (RFC 6298).</summary>
    public object RoundTripVarianceMilliseconds => FileValue.With(RoundTripVariance.TotalMilliseconds);

    /// <summary>The shortest round-trip time seen, in milliseconds.</summary>
    public object? MinimumRoundTripMilliseconds => FileValue.Of(MinimumRoundTripTime?.TotalMilliseconds);

    /// <summary>How many milliseconds a segment may stay unacknowledged before it is retransmitted.</summary>
    public object RetransmissionTimeoutMilliseconds => FileValue.With(RetransmissionTimeout.TotalMilliseconds);

    /// <summary>The congestion window: how many segments may be in flight (RFC 5681).</summary>
    public long? CongestionWindow { get; }

    /// <summary>The most bytes of data in a segment sent.</summary>
    public long? MaximumSegmentSize { get; }

    /// <summary>The largest packet that reaches the peer without fragmentation, in bytes.</summary>
    public long? PathMtu { get; }

    /// <summary>Segments sent and not yet acknowledged.</summary>
    public long? Unacknowledged { get; }

    /// <summary>For a listener, the most connections that may wait; for a connection, segments acknowledged out of order.</summary>
    internal long? Sacked { get; }

    /// <summary>Segments that TCP currently believes lost.</summary>
    public long? Lost { get; }

    /// <summary>Segments retransmitted since the connection began.</summary>
    public long? TotalRetransmits { get; }

    /// <summary>Bytes sent and acknowledged.</summary>
    public ulong? BytesAcknowledged { get; }

    /// <summary>Bytes received on the connection so far, without retransmissions.</summary>
    public ulong? BytesReceived { get; }

    /// <summary>Segments sent so far, including retransmissions and those without data.</summary>
    public long? SegmentsSent { get; }

    /// <summary>Segments received so far, including those without data.</summary>
    public long? SegmentsReceived { get; }

    /// <summary>The recent delivery rate, in bytes per second.</summary>
    public ulong? DeliveryRate { get; }

    internal TimeSpan RoundTripTime { get; }

    internal TimeSpan RoundTripVariance { get; }

    internal TimeSpan? MinimumRoundTripTime { get; }

    internal TimeSpan RetransmissionTimeout { get; }

    /// <inheritdoc/>
    public override string ToString() => $"rtt {TimeText.Milliseconds(RoundTripTime)}, cwnd {CongestionWindow}, mss "
        + $"{MaximumSegmentSize}, {TotalRetransmits} retransmits";

    /// <summary>Reads the bytes of the structure; null if there are too few.</summary>
    internal static TcpInfo? From(ReadOnlySpan<byte> info) => info.Length >= 104 ? new TcpInfo(info) : null;

    private static uint? UInt32(ReadOnlySpan<byte> info, int offset)
        => info.Length >= offset + 4 ? MemoryMarshal.Read<uint>(info[offset..]) : null;

    private static ulong? UInt64(ReadOnlySpan<byte> info, int offset)
        => info.Length >= offset + 8 ? MemoryMarshal.Read<ulong>(info[offset..]) : null;
}
