using System.Net;
using PSNetLab.Engine.Proxies;

namespace PSNetLab.Engine.Tests;

/// <summary>What is random about faults depends on the seed, and on nothing else.</summary>
public class NetFaultTests
{
    [Fact]
    public void Draws_never_change_between_versions()
    {
        Draws draws = Draws.For(42, "Latency", 7, NetFaultDirection.ToServer);
        double[] first = [.. Enumerable.Range(0, 4).Select(position => draws.Next(position))];
        Draws same = Draws.For(42, "LATENCY", 7, NetFaultDirection.ToServer);
        Assert.Equal(first, Enumerable.Range(0, 4).Select(position => same.Next(position)));
        Assert.Equal([0.1035, 0.5659, 0.5538, 0.2865], first.Select(one => Math.Round(one, 4)));
    }

    [Fact]
    public void Draws_differ_by_seed_fault_connection_direction_and_use()
    {
        double[] all =
        [
            Draws.For(1, "a", 1, NetFaultDirection.ToServer).Next(0),
            Draws.For(2, "a", 1, NetFaultDirection.ToServer).Next(0),
            Draws.For(1, "b", 1, NetFaultDirection.ToServer).Next(0),
            Draws.For(1, "a", 2, NetFaultDirection.ToServer).Next(0),
            Draws.For(1, "a", 1, NetFaultDirection.ToClient).Next(0),
            Draws.For(1, "a", 1, NetFaultDirection.ToServer).Next(1),
            Draws.For(1, "a", 1, NetFaultDirection.ToServer).Next(0, 1),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.All(all, one => Assert.InRange(one, 0, 1));
    }

    [Fact]
    public void Draws_are_evenly_distributed()
    {
        Draws draws = new(1);
        int[] tenths = new int[10];
        for (int i = 0; i < 100_000; i++)
        {
            tenths[draws.Next(i, 0, 10)]++;
        }

        Assert.All(tenths, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1024)]
    [InlineData(100_000)]
    public void A_stream_is_corrupted_in_the_same_places_whatever_the_sizes_of_reads(int piece)
    {
        byte[] whole = new byte[100_000];
        Active(new NetFaultSpec { CorruptPercent = 30 }).CorruptStream(whole, 0);
        Assert.InRange(whole.Count(one => one != 0), 15, 45);

        byte[] pieces = new byte[100_000];
        ActiveFault fault = Active(new NetFaultSpec { CorruptPercent = 30 });
        for (int start = 0; start < pieces.Length; start += piece)
        {
            fault.CorruptStream(pieces.AsSpan(start, Math.Min(piece, pieces.Length - start)), start);
        }

        Assert.Equal(whole, pieces);
        Assert.Equal(fault.Fault.Hits, whole.LongCount(one => one != 0));
    }

    [Theory]
    [InlineData(10, null, 1.0, 1.25)]
    [InlineData(10, 4.0, 3.5, 4.5)]
    [InlineData(50, 10.0, 9.0, 11.0)]
    [InlineData(90, 1.0, 8.5, 11.5)]
    public void Losses_have_their_share_and_their_length(double percent, double? burst, double least, double most)
    {
        const int Count = 200_000;
        ActiveFault fault = Active(new NetFaultSpec { LossPercent = percent, Burst = burst });
        bool[] lost = [.. Enumerable.Range(0, Count).Select(number => fault.IsLost(number))];
        int losses = lost.Count(one => one);
        int runs = Enumerable.Range(1, Count - 1).Count(i => lost[i] && !lost[i - 1]);
        Assert.InRange(losses * 100.0 / Count, percent * 0.95, percent * 1.05);
        Assert.InRange((double)losses / runs, least, most);
    }

    [Theory]
    [InlineData(JitterDistribution.Uniform, 80, 120, 100)]
    [InlineData(JitterDistribution.Normal, 0, 220, 100)]
    [InlineData(JitterDistribution.Pareto, 100, 10_000, 110)]
    public void Delays_have_their_distribution(JitterDistribution distribution, double least, double most, double mean)
    {
        ActiveFault fault = Active(new NetFaultSpec { LatencyMs = 100, JitterMs = 20, Distribution = distribution });
        double[] delays = [.. Enumerable.Range(0, 50_000).Select(i => fault.Delay(i) / (double)ActiveFault.Ticks(1))];
        Assert.All(delays, delay => Assert.InRange(delay, least, most));
        Assert.InRange(delays.Average(), mean - 1, mean + 1);
    }

    [Fact]
    public void A_fault_that_was_decided_about_stays_with_its_connection()
    {
        FaultTable table = new(1, isStream: true);
        NetFault fault = table.Add([new NetFault(new NetFaultSpec { LatencyMs = 1, First = 1 })])[0];
        Faulted first = new();
        Faulted second = new();
        table.Enter(first, IPAddress.Loopback);
        table.Enter(second, IPAddress.Loopback);
        Assert.Equal([1, 0], new[] { first, second }.Select(one => one.Faults.Of(NetFaultDirection.ToServer).Length));

        table.Set(fault, fault.Spec with { LatencyMs = 5, Direction = NetFaultDirection.ToClient });

        Assert.Empty(first.Faults.Of(NetFaultDirection.ToServer));
        Assert.Equal(5, Assert.Single(first.Faults.Of(NetFaultDirection.ToClient)).Fault.Spec.LatencyMs);
        Assert.Empty(second.Faults.Of(NetFaultDirection.ToClient));
        Assert.Equal(1, table.Remove(known => known.IsSame(fault)));
        Assert.Empty(first.Faults.Of(NetFaultDirection.ToClient));
    }

    [Fact]
    public void A_fault_that_is_added_later_counts_the_open_connections_oldest_first()
    {
        FaultTable table = new(1, isStream: true);
        Faulted[] open = [new(), new(), new()];
        Array.ForEach(open, one => table.Enter(one, IPAddress.Loopback));
        table.Add([new NetFault(new NetFaultSpec { Stall = true, Every = 2 })]);
        Assert.Equal([0, 1, 0], open.Select(one => one.Faults.Of(NetFaultDirection.ToServer).Length));
        table.Leave(open[0]);
        table.Add([new NetFault(new NetFaultSpec { Stall = true, First = 1 })]);
        Assert.Equal([0, 2, 0], open.Select(one => one.Faults.Of(NetFaultDirection.ToServer).Length));
    }

    [Fact]
    public void The_time_of_a_fault_that_begins_by_bytes_runs_from_the_first_byte_it_is_about()
    {
        ActiveFault fault = Active(new NetFaultSpec { Stall = true, AfterBytes = 10, ForSec = 1 });
        long late = ActiveFault.Ticks(100_000);
        long second = ActiveFault.Ticks(1000);
        Assert.False(fault.IsActive(9, late));
        Assert.True(fault.IsActive(10, late));
        Assert.True(fault.IsActive(20, late + second - 1));
        Assert.Equal(late + second, fault.EndsAt);
        Assert.False(fault.IsActive(30, late + second));
    }

    [Fact]
    public void The_time_of_a_fault_that_begins_by_bytes_and_by_the_clock_runs_from_the_later_one()
    {
        ActiveFault fault = Active(new NetFaultSpec { Stall = true, AfterBytes = 10, AfterSec = 5, ForSec = 1 });
        Assert.False(fault.IsActive(10, ActiveFault.Ticks(2000)));
        Assert.True(fault.IsActive(10, ActiveFault.Ticks(5500)));
        Assert.False(fault.IsActive(10, ActiveFault.Ticks(6000)));
    }

    [Fact]
    public void A_fault_that_is_set_to_begin_elsewhere_has_its_time_anew()
    {
        NetFaultSpec spec = new() { Stall = true, AfterBytes = 10, ForSec = 1 };
        ActiveFault fault = Active(spec);
        long late = ActiveFault.Ticks(100_000);
        Assert.True(fault.IsActive(10, 1));
        fault.Fault = fault.Fault.With(spec with { AfterBytes = 20 });
        Assert.True(fault.IsActive(20, late));
    }

    [Fact]
    public void A_fault_that_begins_after_more_bytes_than_there_can_be_never_acts()
    {
        NetFault fault = new(new NetFaultSpec { Stall = true, AfterBytes = long.MaxValue });
        ActiveFault active = new(fault, new Draws(3), fromOffset: 1000, fromTime: 0, static _ => { });
        Assert.False(active.IsActive(1000, 1));
    }

    private static ActiveFault Active(NetFaultSpec spec)
        => new(new NetFault(spec), new Draws(3), fromOffset: 0, fromTime: 0, static _ => { });

    private sealed class Faulted : IFaulted
    {
        private ConnectionFaults? _faults;

        public ConnectionFaults Faults
        {
            get => _faults!;
            set => _faults = value;
        }

        public long Offset(NetFaultDirection direction) => 0;

        public void OnFaultsChanged()
        {
        }
    }
}
