using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>The memory that datagrams are received into.</summary>
public class DatagramBatchTests
{
    [LinuxFact]
    public void Sockets_with_buffers_of_different_sizes_share_the_memory_of_a_loop() => OnThread(static () =>
    {
        LoopThread.Enter();
        const int Rounds = 100;
        using DatagramTransport small = Datagrams.Open(DatagramKind.Epoll, bufferBytes: 1024);
        using DatagramTransport large = Datagrams.Open(DatagramKind.Epoll);
        using UdpClient peer = Datagrams.NewPeer();
        Counter counter = new();
        ReceiveInTurns(1);

        long before = GC.GetAllocatedBytesForCurrentThread();
        ReceiveInTurns(Rounds);

        Assert.Equal((Rounds + 1) * 9900, counter.Bytes);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / (Rounds * 2), 0, 20_000);

        void ReceiveInTurns(int rounds)
        {
            for (int round = 0; round < rounds; round++)
            {
                Receive(small, 900);
                Receive(large, 9000);
            }
        }

        void Receive(DatagramTransport transport, int length) => DatagramBatchTests.Receive(transport, peer, length, counter);
    });

    // A server with a script receives on any thread of the pool.
    [LinuxFact]
    public Task Threads_of_no_loop_share_their_memory() => Waiting.OneOf(5, () =>
    {
        const int Threads = 20;
        const int Much = 1_000_000;
        using DatagramTransport transport = Datagrams.Open(DatagramKind.Epoll);
        using UdpClient peer = Datagrams.NewPeer();
        int allocating = 0;
        for (int i = 0; i < Threads; i++)
        {
            OnThread(() =>
            {
                Receive(transport, peer, 100, new Counter());
                allocating += GC.GetAllocatedBytesForCurrentThread() > Much ? 1 : 0;
            });
        }

        // The first, and those that find the memory in use by another test, whose thread may even have lost the processor.
        Assert.InRange(allocating, 0, Threads / 2);
        return Task.CompletedTask;
    });

    [LinuxTheory]
    [InlineData("fe80::1", "fe80::1%2")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    public void The_address_that_a_datagram_was_sent_to_has_its_zone(string address, string expected)
    {
        byte[] control = new byte[40];
        MemoryMarshal.Write(control, (nuint)36);
        MemoryMarshal.Write(control.AsSpan(8), SocketCalls.LevelIPv6);
        MemoryMarshal.Write(control.AsSpan(12), SocketCalls.IPv6PacketInfo);
        IPAddress.Parse(address).TryWriteBytes(control.AsSpan(16), out _);
        MemoryMarshal.Write(control.AsSpan(32), 2);

        PacketSource packet = DatagramBatch.PacketInfo(control);

        Assert.Equal(IPAddress.Parse(expected), packet.Own);
        Assert.Equal(packet.Own, packet.Destination);
        Assert.Equal(2, packet.InterfaceIndex);
    }

    /// <summary>Blocks, so that it stays on its thread.</summary>
    private static void Receive(DatagramTransport transport, UdpClient peer, int length, Counter counter)
    {
        peer.Client.SendTo(new byte[length], transport.EndPoint());
        for (long expected = counter.Bytes + length; counter.Bytes < expected;)
        {
            Assert.True(transport.WaitReadableAsync(CancellationToken.None).AsTask().Wait(Waiting.Limit));
            Assert.True(transport.Receive(counter));
        }
    }

    private static void OnThread(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() => failure = Record.Exception(action));
        thread.Start();
        Assert.True(thread.Join(Waiting.Limit));
        Assert.Null(failure);
    }

    private sealed class Counter : IDatagramHandler
    {
        internal long Bytes { get; private set; }

        public void OnDatagram(in Datagram datagram) => Bytes += datagram.Data.Length;
    }
}
