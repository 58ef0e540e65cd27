using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

public sealed class SharedWorkTests
{
    private readonly SharedWork<string, int> _works = new(most: 2);
    private readonly TaskCompletionSource _begun = new();
    private readonly TaskCompletionSource _open = new();
    private int _count;

    [Fact]
    public async Task Work_under_way_is_shared_unless_it_has_to_be_done_afresh()
    {
        Task<int> first = DoAsync("a", afresh: true);
        await _begun.Task.Soon();

        Task<int> same = DoAsync("a", afresh: false);
        Task<int> next = DoAsync("a", afresh: true);
        Task<int> sameNext = DoAsync("a", afresh: true);
        _open.SetResult();

        int[] outcomes = await Task.WhenAll(first, same, next, sameNext).Soon();
        Assert.Equal([1, 1, 2, 2], outcomes);
    }

    [Fact]
    public async Task No_more_than_so_much_waits()
    {
        Task<int> first = DoAsync("a", afresh: false);
        Task<int> second = DoAsync("b", afresh: false);

        Assert.Null(_works.DoAsync("c", _ => 0, afresh: false));
        _open.SetResult();
        await Task.WhenAll(first, second).Soon();
        Assert.Equal(3, await DoAsync("c", afresh: false).Soon());
    }

    [Fact]
    public async Task Work_that_fails_fails_for_all_who_wait_for_it_and_no_others()
    {
        Task<int> failed = _works.DoAsync("a", _ => throw new IOException("No."), afresh: false)!;
        await Assert.ThrowsAsync<IOException>(() => failed.Soon());

        _open.SetResult();
        Assert.Equal(1, await DoAsync("a", afresh: true).Soon());
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, true, false)]
    public async Task Work_is_wanted_as_long_as_anyone_waits_for_it(bool firstHasLeft, bool secondHasLeft, bool isWanted)
    {
        bool was = !isWanted;
        Task<int> Ask(bool hasLeft) => _works.DoAsync(
            "a",
            stillWanted =>
            {
                _open.Task.Wait();
                was = stillWanted();
                return 1;
            },
            afresh: false,
            () => hasLeft)!;

        Task<int>[] both = [Ask(firstHasLeft), Ask(secondHasLeft)];
        _open.SetResult();
        await Task.WhenAll(both).Soon();

        Assert.Equal(isWanted, was);
    }

    private Task<int> DoAsync(string key, bool afresh) => _works.DoAsync(
        key,
        _ =>
        {
            _begun.TrySetResult();
            _open.Task.Wait();
            return Interlocked.Increment(ref _count);
        },
        afresh)!;
}
