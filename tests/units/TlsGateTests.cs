using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

public class TlsGateTests
{
    [Fact]
    public async Task Bytes_that_were_read_survive_a_cancellation_at_the_gate()
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        using (client)
        {
            await using TlsGate gate = new(Transport.Create(server));
            TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task exclusive = gate.CaptureAsync(() => open.Task);
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
            await using TlsGate gate = new(Transport.Create(server));
            await client.SendAsync("data"u8.ToArray()).Soon();
            Assert.Equal(4, await gate.ReadAsync(new byte[10]).Soon());

            Task exclusive = gate.CaptureAsync(() => Task.CompletedTask);
            Assert.False(exclusive.IsCompleted);
            gate.EndRead();

            await exclusive.Soon();
            gate.EndRead();
            await gate.CaptureAsync(() => Task.CompletedTask).Soon();
        }
    }

    [Fact]
    public async Task Reading_goes_on_while_a_half_close_waits_for_the_peer()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportKind.Tls);
        pair.Client.Socket.Fill();
        Task closing = pair.Client.HalfCloseAsync(CancellationToken.None).AsTask();

        await pair.Server.SendAsync("You read first").Soon();

        Assert.Equal("You read first", await pair.Client.NextTextAsync());
        Assert.False(closing.IsCompleted);
        pair.Client.Close(TcpCloseReason.LocalClosed);
        await closing.Soon();
    }

    [Fact]
    public async Task What_is_captured_is_not_sent()
    {
        (Socket client, Socket server) = await TransportPair.ConnectSocketsAsync();
        using (client)
        {
            await using TlsGate gate = new(Transport.Create(server));

            ReadOnlyMemory<byte> captured = await gate.CaptureAsync(async () => await gate.WriteAsync("kept"u8.ToArray())).Soon();
            await gate.WriteAsync("sent"u8.ToArray()).Soon();

            Assert.Equal("kept"u8, captured.Span);
            byte[] received = new byte[10];
            Assert.Equal(4, await client.ReceiveAsync(received).Soon());
            Assert.Equal("sent"u8, received.AsSpan(0, 4));
        }
    }

    [Fact]
    public async Task Closing_ends_a_half_close_that_waits_for_the_peer()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportKind.Tls);
        Socket socket = pair.Client.Socket;
        socket.Fill();
        Task closing = pair.Client.HalfCloseAsync(CancellationToken.None).AsTask();
        Assert.False(closing.IsCompleted);
        pair.Client.Close(TcpCloseReason.LocalClosed);

        await closing.Soon();
        await Waiting.Until(() => socket.SafeHandle.IsClosed);
    }

    [Fact]
    public async Task A_half_close_that_waits_for_the_peer_can_be_cancelled()
    {
        using ConnectionPair pair = await ConnectionPair.CreateAsync(TransportKind.Tls);
        pair.Client.Socket.Fill();
        using CancellationTokenSource stop = new();
        Task closing = pair.Client.HalfCloseAsync(stop.Token).AsTask();
        Assert.False(closing.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => closing.Soon());
    }
}
