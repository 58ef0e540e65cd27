using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

public class TransportAtEndTests
{
    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_end_of_a_stream_is_seen_without_a_read_and_not_before_what_was_sent(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Assert.False(await IsAtEndAsync());
        await pair.Client.SendAsync(new byte[] { 1, 2 }, default).Soon();
        await pair.Client.ShutdownSendAsync(default).Soon();
        await pair.Server.WaitReadableAsync(default).Soon();
        Assert.False(await IsAtEndAsync());
        Assert.Equal([1], await pair.Server.ReadSomeAsync(1).Soon());
        Assert.False(await IsAtEndAsync());
        Assert.Equal([2], await pair.Server.ReadSomeAsync(1).Soon());
        await pair.Server.WaitReadableAsync(default).Soon();
        Assert.True(await IsAtEndAsync());
        Assert.True(await IsAtEndAsync());
        Assert.Empty(await pair.Server.ReadSomeAsync().Soon());

        async Task<bool> IsAtEndAsync()
        {
            await pair.Server.PollAsync();
            return pair.Server.IsAtEnd();
        }
    }
}
