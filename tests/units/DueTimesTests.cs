using System.Diagnostics;
using PSNetLab.Engine.Proxies;

namespace PSNetLab.Engine.Tests;

/// <summary>When a proxy sends on what it has read, by its latency.</summary>
public class DueTimesTests
{
    private const int Length = 50_000;

    [Theory]
    [InlineData(JitterDistribution.Uniform)]
    [InlineData(JitterDistribution.Normal)]
    [InlineData(JitterDistribution.Pareto)]
    public void The_delays_of_a_message_do_not_depend_on_how_it_is_read(JitterDistribution distribution)
    {
        NetFaultSpec spec = new() { LatencyMs = 50, JitterMs = 20, Distribution = distribution };
        long[] whole = Read(spec, Length);
        Assert.InRange(whole.Distinct().Count(), 2, 20); // those that are later than all before them
        Assert.Equal(whole.Order(), whole);
        foreach (int piece in new[] { 1, 7, 1000, 1024, 4096, 20_000 })
        {
            Assert.Equal(whole, Read(spec, piece));
        }

        Assert.NotEqual(whole, Read(spec, Length, seed: 2));
    }

    [Fact]
    public void A_latency_that_begins_after_so_many_bytes_does_so_whatever_the_sizes_of_reads()
    {
        NetFaultSpec spec = new() { LatencyMs = 50, AfterBytes = 1500 };
        foreach (int piece in new[] { 1, 7, 1024, Length })
        {
            long[] due = Read(spec, piece);
            Assert.Equal(1500, Array.FindIndex(due, one => one != due[0]));
            Assert.Equal(2, due.Distinct().Count());
        }
    }

    [Fact]
    public void Each_message_has_a_delay_of_its_own_however_short()
    {
        ActiveFault[] faults = [Active(new NetFaultSpec { LatencyMs = 50, JitterMs = 20 }, seed: 1)];
        DueTimes times = new();
        HashSet<long> delays = [];
        long now = Stopwatch.Frequency;
        for (int offset = 0; offset < 20; offset++)
        {
            now += Stopwatch.Frequency;
            times.Begin(offset, now, isAlone: true);
            delays.Add(times.Next(faults, offset, 1, now, out int count) - now);
            Assert.Equal(1, count);
        }

        Assert.Equal(20, delays.Count);
    }

    [Fact]
    public void The_rest_of_a_message_that_still_waits_belongs_to_it_however_late_it_is_read()
    {
        ActiveFault[] faults = [Active(new NetFaultSpec { LatencyMs = 50, JitterMs = 20 }, seed: 1)];
        long[] delays = Array.ConvertAll(new[] { 1, 10 }, milliseconds =>
        {
            DueTimes times = new();
            long now = Stopwatch.Frequency;
            times.Begin(0, now, isAlone: true);
            _ = times.Next(faults, 0, 10, now, out _);
            now += milliseconds * Stopwatch.Frequency / 1000;
            times.Begin(10, now, isAlone: false);
            return times.Next(faults, 10, 10, now, out _) - now;
        });
        Assert.Equal(delays[0], delays[1]);
    }

    /// <summary>When each byte is due, read in pieces.</summary>
    private static long[] Read(NetFaultSpec spec, int piece, int seed = 5)
    {
        ActiveFault[] faults = [Active(spec, seed)];
        DueTimes times = new();
        long[] due = new long[Length];
        long now = Stopwatch.Frequency;
        for (int start = 0; start < Length; start += piece)
        {
            int end = Math.Min(start + piece, Length);
            times.Begin(start, now, isAlone: start == 0);
            for (int offset = start; offset < end;)
            {
                long one = times.Next(faults, offset, end - offset, now, out int count);
                Array.Fill(due, one, offset, count);
                offset += count;
            }
        }

        return due;
    }

    private static ActiveFault Active(NetFaultSpec spec, int seed) => new(
        new NetFault(spec), Draws.For(seed, "Latency", 1, NetFaultDirection.ToServer), 0, 0, static _ => { });
}
