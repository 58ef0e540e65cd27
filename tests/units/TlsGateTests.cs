using System.Net.Sockets;

namespace PSNetLab.Engine.Tests;

public class TlsGateTests
{
    [Fact]
    public async Task Bytes_that_were_read_survive_a_cancellation_at_the_gate()
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        using (client)
        {
            await using TlsGate gate = new(new NetworkStream(server, ownsSocket: true));
            TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task exclusive = gate.RunExclusiveAsync(() => open.Task);
            using CancellationTokenSource source = new();
            byte[] buffer = new byte[10];
            Task<int> reading = gate.ReadAsync(buffer, source.Token).AsTask();
            await client.SendAsync("data"u8.ToArray()).Soon();
            await Waiting.Until(() => server.Available == 0);

            await source.CancelAsync();
            open.SetResult();

            Assert.Equal(4, await reading.Soon());
            Assert.Equal("data"u8, buffer.AsSpan(0, 4));
            await exclusive.Soon();
        }
    }

    [Fact]
    public async Task What_is_exclusive_waits_until_the_outer_read_is_over()
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        using (client)
        {
            await using TlsGate gate = new(new NetworkStream(server, ownsSocket: true));
            await client.SendAsync("data"u8.ToArray()).Soon();
            Assert.Equal(4, await gate.ReadAsync(new byte[10]).Soon());

            Task exclusive = gate.RunExclusiveAsync(() => Task.CompletedTask);
            Assert.False(exclusive.IsCompleted);
            gate.EndRead();

            await exclusive.Soon();
            gate.EndRead();
            await gate.RunExclusiveAsync(() => Task.CompletedTask).Soon();
        }
    }
}
