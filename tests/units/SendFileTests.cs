using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Tests;

/// <summary>Files on their way through a transport.</summary>
public sealed class SendFileTests : IDisposable
{
    private readonly WebFolder _folder = new();

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Any_part_of_a_file_arrives(TransportKind kind)
    {
        byte[] content = WebFolder.Noise(5_000_000);
        using SafeFileHandle file = File.OpenHandle(_folder.Write("file", content));
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        foreach ((int start, int count) in new[] { (0, 1), (0, content.Length), (4_999_999, 1), (65_535, 65_537), (1_000_000, 3_000_000) })
        {
            long told = 0;
            Task<long> sending = pair.Server.SendFileAsync(file, start, count, bytes => told += bytes, CancellationToken.None).AsTask();
            byte[] came = await pair.Client.ReadExactlyAsync(count);

            Assert.Equal((count, count), (await sending.Soon(), told));
            Assert.True(content.AsSpan(start, count).SequenceEqual(came));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_file_that_is_too_short_is_sent_to_its_end(TransportKind kind)
    {
        using SafeFileHandle file = File.OpenHandle(_folder.Write("file", "0123456789"));
        using TransportPair pair = await TransportPair.CreateAsync(kind);

        Assert.Equal(4, await pair.Server.SendFileAsync(file, 6, 100, _ => { }, CancellationToken.None).Soon());
        Assert.Equal(0, await pair.Server.SendFileAsync(file, 10, 100, _ => { }, CancellationToken.None).Soon());
        Assert.Equal("6789"u8.ToArray(), await pair.Client.ReadExactlyAsync(4));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_interruption_ends_a_sending_that_waits(TransportKind kind)
    {
        using SafeFileHandle file = File.OpenHandle(_folder.Write("file", WebFolder.Noise(32 * 1024 * 1024)));
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        long told = 0;
        Task<long> sending = pair.Server.SendFileAsync(
            file, 0, 32 * 1024 * 1024, bytes => Interlocked.Add(ref told, bytes), CancellationToken.None).AsTask();
        await Waiting.Until(() => Interlocked.Read(ref told) > 0);

        pair.Server.Interrupt();

        await Assert.ThrowsAnyAsync<SocketException>(() => sending.Soon());

        // Not even where there is room again.
        await pair.Client.ReadExactlyAsync((int)Math.Min(Interlocked.Read(ref told), 100_000));
        await Assert.ThrowsAnyAsync<SocketException>(
            () => pair.Server.SendFileAsync(file, 0, 10, _ => { }, CancellationToken.None).Soon());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_peer_that_has_gone_ends_it(TransportKind kind)
    {
        using SafeFileHandle file = File.OpenHandle(_folder.Write("file", WebFolder.Noise(32 * 1024 * 1024)));
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Task<long> sending = pair.Server.SendFileAsync(file, 0, 32 * 1024 * 1024, _ => { }, CancellationToken.None).AsTask();

        pair.Client.Dispose();

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => sending.Soon());
        Assert.True(error is SocketException or IOException, error.ToString());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_head_and_a_part_of_a_file_are_sent_as_far_as_there_is_room(TransportKind kind)
    {
        byte[] content = WebFolder.Noise(16_000_000); // more than any socket takes at once
        using SafeFileHandle file = File.OpenHandle(_folder.Write("file", content));
        using TransportPair pair = await TransportPair.CreateAsync(kind);

        int sent = pair.Server.TrySend("head"u8, content.AsSpan(1000), file, 1000);

        Assert.InRange(sent, kind == TransportKind.Tls ? 0 : 5, content.Length - 1000);
        byte[] expected = [.. "head"u8, .. content.AsSpan(1000)];
        byte[] came = await pair.Client.ReadExactlyAsync(sent);
        Assert.True(came.AsSpan().SequenceEqual(expected.AsSpan(0, sent)));
        await pair.Server.SendAsync("end"u8.ToArray(), CancellationToken.None).Soon();
        Assert.Equal("end"u8.ToArray(), await pair.Client.ReadExactlyAsync(3));
    }

    /// <summary>The environment of a process is a file that sendfile(2) refuses.</summary>
    [LinuxFact]
    public async Task A_file_that_the_system_does_not_send_by_itself_is_read_and_sent()
    {
        byte[] content = await File.ReadAllBytesAsync("/proc/self/environ");
        using SafeFileHandle file = File.OpenHandle("/proc/self/environ");
        using TransportPair pair = await TransportPair.CreateAsync(TransportKind.Epoll);

        Assert.Equal(
            content.Length - 1, await pair.Server.SendFileAsync(file, 1, content.Length - 1, _ => { }, CancellationToken.None).Soon());
        Assert.Equal(content[1..], await pair.Client.ReadExactlyAsync(content.Length - 1));
    }
}
