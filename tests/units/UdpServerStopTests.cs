using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Udp;

namespace PSNetLab.Engine.Tests;

public class UdpServerStopTests
{
    [Fact]
    public async Task A_stop_frees_the_port_and_completes()
    {
        for (int round = 0; round < 50; round++)
        {
            UdpServer server = UdpServer.Bind(new() { Binding = new() { EndPoint = Ports.Free() }, Echo = true }).Started();
            using UdpClient peer = Datagrams.NewPeer(server.LocalEndPoint);
            await peer.SendTextAsync("x");
            Assert.Equal("x", await peer.NextTextAsync());

            server.Stop();
            await server.Completion.Soon();
            using UdpClient next = new(server.LocalEndPoint);
        }
    }

    [Fact]
    public async Task A_stop_in_a_flood_completes()
    {
        UdpServer server = UdpServer.Bind(new() { Echo = true }).Started();
        using UdpClient peer = Datagrams.NewPeer(server.LocalEndPoint);
        using CancellationTokenSource end = new();
        Task flood = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    peer.Client.Send("x"u8);
                }
                catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
                {
                    // The server has stopped.
                }
            }
        });
        await Waiting.Until(() => server.MessagesReceived > 1000);

        server.Stop();
        await server.Completion.Soon();
        long received = server.MessagesReceived;
        end.Cancel();
        await flood.Soon();
        Assert.Equal(received, server.MessagesReceived);
    }

    [Fact]
    public async Task An_answer_under_way_still_goes_out()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        UdpServer server = UdpServer.Bind(new()
        {
            Handler = Answers.Of<UdpMessage>(async message =>
            {
                asked.TrySetResult();
                await release.Task;
                return [message.Bytes];
            }),
        }).Started();
        using UdpClient peer = Datagrams.NewPeer(server.LocalEndPoint);
        await peer.SendTextAsync("last words");
        await asked.Task.Soon();

        server.Stop();
        Assert.False(server.Completion.IsCompleted);
        release.SetResult();

        Assert.Equal("last words", await peer.NextTextAsync());
        await server.Completion.Soon();
    }

    [Fact]
    public async Task A_handler_that_does_not_end_cannot_keep_the_port()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<NetLabException> faults = [];
        UdpServer server = UdpServer.Bind(new()
        {
            Handler = Answers.Of<UdpMessage>(async message =>
            {
                asked.TrySetResult();
                await release.Task;
                return [message.Bytes];
            }),
            OnFault = (fault, _) => faults.Add(fault),
        }).Started();
        using UdpClient peer = Datagrams.NewPeer(server.LocalEndPoint);
        await peer.SendTextAsync("x");
        await asked.Task.Soon();

        server.Stop();
        await Waiting.Until(() => CanBind(server.LocalEndPoint));

        // Data that arrives too late finds no socket, which is not a fault.
        release.SetResult();
        await server.Completion.Soon();
        Assert.Empty(faults);
    }

    [Fact]
    public async Task It_can_be_stopped_twice_and_from_many_threads()
    {
        UdpServer server = UdpServer.Bind(new()).Started();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(server.Stop))).Soon();
        await server.Completion.Soon();
        server.Stop();
        await server.Completion.Soon();
    }

    [Theory]
    [InlineData("192.0.2.201", "127.0.0.1", FaultKind.AddressNotLocal)]
    [InlineData("0.0.0.0", "10.0.0.1", FaultKind.MulticastRefused)]
    public void What_cannot_be_bound_or_joined_is_told(string address, string group, FaultKind kind)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => UdpServer.Bind(new()
        {
            Binding = new() { EndPoint = new(IPAddress.Parse(address), 0), MulticastGroups = [IPAddress.Parse(group)] },
        }));
        Assert.Equal(kind, fault.Kind);
        Assert.Contains(kind == FaultKind.AddressNotLocal ? address : group, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_is_shared_only_by_those_who_all_ask_for_it()
    {
        UdpServer first = UdpServer.Bind(new() { Binding = new() { ReuseAddress = true } }).Started();
        UdpServer second = UdpServer.Bind(new() { Binding = new() { EndPoint = first.LocalEndPoint, ReuseAddress = true } }).Started();
        NetLabException fault = Assert.Throws<NetLabException>(
            () => UdpServer.Bind(new() { Binding = new() { EndPoint = first.LocalEndPoint } }));
        Assert.Equal(FaultKind.PortInUse, fault.Kind);
        Assert.Contains($"{first.LocalEndPoint.Port}", fault.Message, StringComparison.Ordinal);
        foreach (UdpServer server in new[] { first, second })
        {
            server.Stop();
            await server.Completion.Soon();
        }
    }

    [LinuxFact]
    public void A_socket_that_no_event_loop_takes_is_a_fault_and_its_port_is_free()
    {
        if (!EpollDatagramTransport.IsSupported)
        {
            return;
        }

        // A loop takes a socket only once.
        IPEndPoint endPoint = Ports.Free();
        List<DatagramTransport> all = [];
        DatagramTransport OpenUntilRefused(Socket socket, int bufferBytes)
        {
            for (int i = 0; i < EpollLoop.MostLoops; i++)
            {
                all.Add(DatagramTransport.Create(socket, bufferBytes));
            }

            return DatagramTransport.Create(socket, bufferBytes);
        }

        NetLabException fault = Assert.Throws<NetLabException>(
            () => UdpServer.Bind(new() { Binding = new() { EndPoint = endPoint } }, OpenUntilRefused));

        Assert.Equal(FaultKind.SocketError, fault.Kind);
        Assert.Contains($"{endPoint}", fault.Message, StringComparison.Ordinal);
        Assert.True(CanBind(endPoint));
        all.ForEach(transport => transport.Dispose());
    }

    private static bool CanBind(IPEndPoint endPoint)
    {
        try
        {
            using UdpClient client = new(endPoint);
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
