using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>What is handed over to be sent, and when its maker has to wait.</summary>
public class HandedOverTests
{
    private const int Most = 10_000;

    private readonly Queue<TaskCompletionSource> _sending = new();
    private readonly List<bool> _changes = [];
    private readonly HandedOver _handedOver;

    public HandedOverTests() => _handedOver = new HandedOver(Most, _changes.Add);

    [Fact]
    public async Task The_maker_goes_on_until_too_much_waits_and_again_when_half_of_it_is_sent()
    {
        Assert.True(Send(Most / 2).IsCompletedSuccessfully);
        Task second = Send(Most / 2);
        Assert.False(second.IsCompleted);
        Task end = _handedOver.DrainAsync();
        _sending.Dequeue().SetResult();
        Assert.False(second.IsCompleted);
        _sending.Dequeue().SetResult();
        await second.WaitAsync(TimeSpan.FromSeconds(20));
        await end.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([true, false], _changes);
        Assert.Null(_handedOver.Failure);
    }

    [Fact]
    public async Task Small_ones_count_with_what_they_take_besides()
    {
        int count = 0;
        while (Send(1).IsCompleted)
        {
            count++;
        }

        Assert.InRange(count, 1, Most / 100);
        while (_sending.TryDequeue(out TaskCompletionSource? one))
        {
            one.SetResult();
        }

        await _handedOver.DrainAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_failure_is_kept_and_ends_every_wait()
    {
        Task sending = Send(2 * Most);
        _sending.Dequeue().SetException(new IOException("gone"));
        await sending.WaitAsync(TimeSpan.FromSeconds(20));
        await _handedOver.DrainAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("gone", _handedOver.Failure?.Message);
    }

    [Fact]
    public async Task What_is_thrown_at_once_is_thrown()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => _handedOver.SendAsync(0, 1, static ValueTask (int _) => throw new InvalidOperationException()).AsTask());
        Assert.True(_handedOver.DrainAsync().IsCompleted);
        Assert.Null(_handedOver.Failure);
    }

    private Task Send(int length) => _handedOver.SendAsync(0, length, _ =>
    {
        TaskCompletionSource sending = new();
        _sending.Enqueue(sending);
        return new ValueTask(sending.Task);
    }).AsTask();
}
