using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

/// <summary>Forged senders: the server itself, another server, nobody. And clients that only look like one of them.</summary>
public class UdpServerLoopTests
{
    private readonly ConcurrentQueue<NetLabException> _faults = new();

    [LinuxFact]
    public async Task A_datagram_from_the_own_endpoint_is_not_answered()
    {
        using Socket forger = Bind(0);
        UdpServer server = Start(((IPEndPoint)forger.LocalEndPoint!).Port);

        forger.SendTo("x"u8, server.LocalEndPoint);

        await Waiting.Until(() => server.Refused == 1);
        await AssertAnswersAsync(server);
        Assert.Equal(1, server.MessagesReceived);
        await StopAsync(server);
    }

    [LinuxFact]
    public async Task A_datagram_from_the_own_endpoint_is_recorded_where_nothing_is_answered()
    {
        using Socket forger = Bind(0);
        UdpServer server = UdpServer.Bind(new() { Binding = Sharing((IPEndPoint)forger.LocalEndPoint!) }).Started();

        forger.SendTo("x"u8, server.LocalEndPoint);

        await Waiting.Until(() => server.MessagesReceived == 1);
        await StopAsync(server);
    }

    [LinuxTheory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task A_datagram_from_port_0_is_dropped_and_counted_even_if_it_is_cut_off(int length)
    {
        UdpServer server = Start(0, bufferBytes: 10);
        using Socket? raw = TryOpenRaw();
        if (raw is null)
        {
            await StopAsync(server);
            return; // only for some users
        }

        byte[] datagram = new byte[8 + length];
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), (ushort)server.LocalEndPoint.Port);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)datagram.Length);
        raw.SendTo(datagram, server.LocalEndPoint);

        await Waiting.Until(() => server.Refused == 1);
        await AssertAnswersAsync(server);
        Assert.Equal(1, server.MessagesReceived);
        Assert.Empty(_faults);
        await StopAsync(server);
    }

    [LinuxTheory]
    [InlineData("echo", "echo")]
    [InlineData("reply", "echo")]
    [InlineData("script", "reply")]
    public Task Two_servers_that_answer_each_other_are_parted_and_go_on_with_others(string one, string other)
        => Waiting.OneOf(3, async () =>
        {
            ConcurrentQueue<NetLabException> faults = new();
            using Socket forger = Bind(0);
            UdpServer second = Start(((IPEndPoint)forger.LocalEndPoint!).Port, other, faults: faults);
            UdpServer first = Start(0, one, faults: faults);
            try
            {
                forger.SendTo("x"u8, first.LocalEndPoint);

                await Waiting.Until(() => !faults.IsEmpty);

                Assert.All(faults, fault => Assert.Equal(FaultKind.AnswerLoop, fault.Kind));
                long Received() => first.MessagesReceived + second.MessagesReceived;
                long before = -1;
                int still = 0;
                await Waiting.Until(() => (still = before == (before = Received()) ? still + 1 : 0) > 20, tries: 0);
                await AssertAnswersAsync(first);
                await AssertAnswersAsync(second);
                Assert.InRange(Received(), before, before + 2);
            }
            finally
            {
                await StopAsync(first);
                await StopAsync(second);
            }
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_waits_for_each_answer_gets_them_all(bool isConnected)
    {
        UdpServer server = Start(0);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
        if (isConnected)
        {
            client.Connect(server.LocalEndPoint);
        }

        // The same each time, as a server would answer, and more than once looked at.
        const int Rounds = 20_000;
        byte[] answer = new byte[10];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        await Task.Run(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                client.SendTo("x"u8, server.LocalEndPoint);
                Assert.Equal(1, client.ReceiveFrom(answer, ref from));
                Assert.Equal((byte)'x', answer[0]);
            }
        });

        // One that is not connected also takes what the guard sends for an answer, and is so far ahead of the server.
        await Waiting.Until(() => server.MessagesReceived == Rounds);
        Assert.Empty(_faults);
        Assert.Equal(0, server.Refused);
        await StopAsync(server);
    }

    [Fact]
    public async Task After_an_unexpected_fault_the_port_is_free()
    {
        UdpServer server = UdpServer.Bind(new() { Sink = new ThrowingSink() }).Started();
        using Socket client = new(SocketType.Dgram, ProtocolType.Udp);
        client.SendTo("x"u8, server.LocalEndPoint);

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(() => server.Completion.Soon());

        Assert.Contains("on purpose", fault.Message, StringComparison.Ordinal);
        await StopAsync(UdpServer.Bind(new() { Binding = new() { EndPoint = server.LocalEndPoint } }));
    }

    private static UdpBinding Sharing(IPEndPoint endPoint) => new() { EndPoint = endPoint, ReuseAddress = true };

    /// <summary>A socket that shares its port with the server that is bound to it next, which then gets what is sent there.</summary>
    private static Socket Bind(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        // SO_REUSEADDR alone: with SO_REUSEPORT, which the runtime sets as well, sockets share what comes (socket(7)).
        socket.SetRawSocketOption(1, 2, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private static Socket? TryOpenRaw()
    {
        try
        {
            return new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Udp);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static async Task AssertAnswersAsync(UdpServer server)
    {
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(server.LocalEndPoint).Soon();
        await client.SendAsync("x"u8.ToArray(), SocketFlags.None).Soon();
        Assert.Equal(1, await client.ReceiveAsync(new byte[10], SocketFlags.None).Soon());
    }

    private static async Task StopAsync(UdpServer server)
    {
        server.Stop();
        await server.Completion.Soon();
    }

    private static async Task AnswerAsync(Func<byte[], ValueTask> send)
    {
        await Task.Yield();
        await send("x"u8.ToArray());
    }

    private UdpServer Start(
        int port,
        string how = "echo",
        int bufferBytes = UdpServerOptions.MostDatagramBytes,
        ConcurrentQueue<NetLabException>? faults = null)
        => UdpServer.Bind(new()
        {
            BufferBytes = bufferBytes,
            Binding = Sharing(new IPEndPoint(IPAddress.Loopback, port)),
            Echo = how == "echo",
            Replies = how == "reply" ? ["x"u8.ToArray()] : [],
            Handler = how == "script" ? (_, send) => AnswerAsync(send) : null,
            OnFault = (fault, _) => (faults ?? _faults).Enqueue(fault),
        }).Started();

    private sealed class ThrowingSink : IMessageSink<UdpMessage>
    {
        public bool TryAdd(UdpMessage message) => throw new InvalidTimeZoneException("on purpose");

        public ValueTask AddAsync(UdpMessage message, CancellationToken cancellationToken)
            => throw new InvalidTimeZoneException("on purpose");
    }
}
