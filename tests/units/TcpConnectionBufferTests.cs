namespace PSNetLab.Engine.Tests;

/// <summary>Connections share a buffer as long as nobody waits.</summary>
public class TcpConnectionBufferTests
{
    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Halves_of_messages_on_many_connections_do_not_mix(TransportKind kind)
    {
        List<ConnectionPair> pairs = [];
        for (int i = 0; i < 16; i++)
        {
            pairs.Add(await ConnectionPair.CreateAsync(kind, "Fixed:2000"));
        }

        Task<TcpMessage?>[] receiving = [.. pairs.Select(pair => pair.Server.NextAsync())];
        for (int half = 1; half <= 2; half++)
        {
            for (int i = 0; i < pairs.Count; i++)
            {
                byte[] bytes = new byte[1000];
                bytes.AsSpan().Fill((byte)i);
                await pairs[i].Client.SendAsync(bytes, 0, CancellationToken.None);
                await Waiting.Until(() => pairs[i].Server.BytesReceived == 1000 * half);
            }
        }

        for (int i = 0; i < pairs.Count; i++)
        {
            Assert.Equal(-1, (await receiving[i])!.Bytes.AsSpan().IndexOfAnyExcept((byte)i));
            pairs[i].Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_poll_takes_what_has_arrived_and_waits_for_nothing(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PollAsync(pair.Client));
        await pair.Server.SendAsync("one").Soon();
        await pair.Server.SendAsync("two").Soon();

        Assert.Equal("one", (await PollUntilAsync(pair.Client))?.Text);
        Assert.Equal("two", (await PollUntilAsync(pair.Client))?.Text);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PollAsync(pair.Client));
        await pair.Server.SendAsync("three").Soon();
        Assert.Equal("three", await pair.Client.NextTextAsync());
        pair.Server.Close(TcpCloseReason.LocalClosed);
        Assert.Null(await PollUntilAsync(pair.Client));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_poll_reads_no_further_than_it_may(TransportKind kind)
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(kind);
        await pair.Server.SendAsync("one").Soon();
        await pair.Client.WaitReadableAsync().AsTask().Soon();
        Assert.InRange(pair.Client.Arrived, "one\n".Length, 1 << 20);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Client.ReceiveAsync(CancellationToken.None, until: 0).Soon());
        Assert.Equal("one", (await pair.Client.ReceiveAsync(CancellationToken.None, until: 1).Soon())?.Text);
    }

    private static Task<TcpMessage?> PollAsync(TcpConnection connection)
        => connection.ReceiveAsync(CancellationToken.None, until: connection.Arrived + 1).Soon();

    /// <summary>Polls until there is an answer.</summary>
    private static async Task<TcpMessage?> PollUntilAsync(TcpConnection connection)
    {
        using CancellationTokenSource limit = new(Waiting.Limit);
        while (true)
        {
            try
            {
                return await PollAsync(connection);
            }
            catch (OperationCanceledException)
            {
                await Task.Delay(1, limit.Token);
            }
        }
    }
}
