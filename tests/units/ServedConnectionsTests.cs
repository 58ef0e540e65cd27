using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tests;

public sealed class ServedConnectionsTests : IDisposable
{
    private static readonly TimeSpan s_round = TimeSpan.FromMilliseconds(10);

    private readonly ManualClock _clock = new();
    private readonly TaskCompletionSource _over = new();
    private readonly ServedConnections _connections = new();
    private readonly Silent _connection = new();

    public ServedConnectionsTests() => _connections.Add(_connection);

    public void Dispose() => _connection.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task A_machine_that_stands_still_does_not_take_the_grace_from_the_peers(int round)
    {
        Task stop = _connections.StopAsync(_over.Task, _clock);
        Assert.True(_connection.IsStopping);

        await GoOnAsync(stop, s_round, rounds: round - 1);
        await GoOnAsync(stop, TimeSpan.FromSeconds(5), rounds: 1);
        await GoOnAsync(stop, s_round, rounds: 9);
        Assert.False(_connection.IsAborted);

        _over.SetResult();
        await stop.Soon();
    }

    [Fact]
    public async Task Silent_ones_are_aborted_on_a_machine_that_is_always_slow()
    {
        Task stop = _connections.StopAsync(_over.Task, _clock);

        await AssertAbortsAsync(stop, TimeSpan.FromSeconds(1), rounds: 4);
    }

    [Fact]
    public async Task Silent_ones_are_aborted_after_a_tenth_of_a_second()
    {
        Task stop = _connections.StopAsync(_over.Task, _clock);

        await AssertAbortsAsync(stop, s_round, rounds: 11);
    }

    [Fact]
    public async Task Others_are_aborted_after_a_second()
    {
        _connection.IdleMilliseconds = 0;
        Task stop = _connections.StopAsync(_over.Task, _clock);

        await AssertAbortsAsync(stop, s_round, rounds: 100);
    }

    /// <summary>It is aborted in the last of these rounds, and not before.</summary>
    private async Task AssertAbortsAsync(Task stop, TimeSpan by, int rounds)
    {
        await GoOnAsync(stop, by, rounds - 1);
        Assert.False(_connection.IsAborted);
        _clock.Advance(by);

        await stop.Soon();
        Assert.True(_connection.IsAborted);
    }

    /// <summary>Moves the clock on, and waits for the next round each time.</summary>
    private async Task GoOnAsync(Task stop, TimeSpan by, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            int started = _clock.Started;
            _clock.Advance(by);
            await Waiting.Until(() => _clock.Started > started || stop.IsCompleted);
        }
    }

    /// <summary>It says nothing, and does not end by itself.</summary>
    private sealed class Silent : IServedConnection
    {
        public long IdleMilliseconds { get; set; } = 60_000;

        public Totals Totals => default;

        internal bool IsStopping { get; private set; }

        internal bool IsAborted { get; private set; }

        public Task ServeAsync() => Task.CompletedTask;

        public void CheckDeadline()
        {
        }

        public void BeginStop() => IsStopping = true;

        public void Abort() => IsAborted = true;

        public void Dispose()
        {
        }
    }
}
