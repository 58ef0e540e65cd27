using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Tests;

public class TcpInfoTests
{
    private const int Least = 104;

    [Fact]
    public void Too_few_bytes_are_none()
    {
        for (int length = 0; length < Least; length++)
        {
            Assert.Null(TcpInfo.From(new byte[length]));
        }

        Assert.NotNull(TcpInfo.From(new byte[Least]));
    }

    [Fact]
    public void What_an_older_kernel_does_not_tell_is_null()
    {
        byte[] info = Sample();
        for (int length = Least; length <= info.Length; length++)
        {
            TcpInfo known = TcpInfo.From(info.AsSpan(0, length))!;
            Assert.Equal(100, known.TotalRetransmits);
            Assert.Equal(length >= 128 ? 120ul : null, known.BytesAcknowledged);
            Assert.Equal(length >= 136 ? 128ul : null, known.BytesReceived);
            Assert.Equal(length >= 140 ? 136 : null, known.SegmentsSent);
            Assert.Equal(length >= 144 ? 140 : null, known.SegmentsReceived);
            Assert.Equal(length >= 152 ? TimeSpan.FromMicroseconds(148) : null, known.MinimumRoundTripTime);
            Assert.Equal(length >= 168 ? 160ul : null, known.DeliveryRate);
        }
    }

    [Fact]
    public void Each_field_is_read_from_its_place()
    {
        TcpInfo known = TcpInfo.From(Sample())!;
        Assert.Equal(TimeSpan.FromMicroseconds(8), known.RetransmissionTimeout);
        Assert.Equal(16, known.MaximumSegmentSize);
        Assert.Equal(24, known.Unacknowledged);
        Assert.Equal(32, known.Lost);
        Assert.Equal(60, known.PathMtu);
        Assert.Equal(TimeSpan.FromMicroseconds(68), known.RoundTripTime);
        Assert.Equal(TimeSpan.FromMicroseconds(72), known.RoundTripVariance);
        Assert.Equal(80, known.CongestionWindow);
        Assert.Equal("rtt 0.068 ms, cwnd 80, mss 16, 100 retransmits", known.ToString());
    }

    [Fact]
    public void A_newer_kernel_may_tell_more() => Assert.Equal(160ul, TcpInfo.From([.. Sample(), .. new byte[1000]])!.DeliveryRate);

    [Fact]
    public void No_shortest_time_yet_is_null()
    {
        byte[] info = Sample();
        info.AsSpan(148, 4).Fill(0xFF);
        Assert.Null(TcpInfo.From(info)!.MinimumRoundTripTime);
    }

    /// <summary>Every field holds its own offset in struct tcp_info.</summary>
    private static byte[] Sample()
    {
        byte[] info = new byte[168];
        for (int offset = 8; offset < info.Length; offset += 4)
        {
            MemoryMarshal.Write(info.AsSpan(offset), (uint)offset);
        }

        foreach (int offset in new[] { 120, 128, 160 })
        {
            MemoryMarshal.Write(info.AsSpan(offset), (ulong)offset);
        }

        return info;
    }
}
