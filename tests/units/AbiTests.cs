using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Linux;

namespace PSNetLab.Engine.Tests;

public class AbiTests
{
    [Theory]
    [InlineData(Architecture.X64, 12, 4)]
    [InlineData(Architecture.X86, 12, 4)]
    [InlineData(Architecture.Arm64, 16, 8)]
    [InlineData(Architecture.Arm, 16, 8)]
    [InlineData(Architecture.Ppc64le, 16, 8)]
    [InlineData(Architecture.S390x, 16, 8)]
    [InlineData(Architecture.LoongArch64, 16, 8)]
    public void An_event_of_epoll_is_packed_on_x86_only(Architecture architecture, int bytes, int dataOffset)
        => Assert.Equal((bytes, dataOffset), (Abi.For(architecture).EpollEventBytes, Abi.For(architecture).EpollDataOffset));

    [Theory]
    [InlineData(Architecture.X64, 0x5411)]
    [InlineData(Architecture.Arm64, 0x5411)]
    [InlineData(Architecture.S390x, 0x5411)]
    [InlineData(Architecture.Ppc64le, 0x40047473)]
    public void The_request_for_the_output_queue_has_a_number_of_its_own_on_PowerPC(Architecture architecture, uint request)
        => Assert.Equal(request, Abi.For(architecture).OutputQueue);

    [Theory]
    [InlineData(Architecture.X64, true, 0)]
    [InlineData(Architecture.Arm64, true, 0)]
    [InlineData(Architecture.Ppc64le, true, 0)]
    [InlineData(Architecture.X86, false, 0x8000)]
    [InlineData(Architecture.Arm, false, 0x20000)]
    public void With_32_bits_offsets_are_not_trusted_and_large_files_asked_for(Architecture architecture, bool is64Bit, int largeFile)
        => Assert.Equal((is64Bit, largeFile), (Abi.For(architecture).Is64Bit, Abi.For(architecture).LargeFile));

    [Fact]
    public void This_process_is_what_the_runtime_says()
        => Assert.Equal(Environment.Is64BitProcess, Abi.Current.Is64Bit);

    [LinuxFact]
    public void The_output_queue_of_this_machine_is_told()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        using Socket sender = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        sender.Connect(listener.LocalEndPoint!);
        Assert.Equal(0, SocketCalls.Unacknowledged(sender.SafeHandle));

        // Nobody reads at the other end: what its buffer does not take stays here.
        sender.Blocking = false;
        byte[] data = new byte[64 * 1024];
        SocketError error;
        do
        {
            sender.Send(data, 0, data.Length, SocketFlags.None, out error);
        }
        while (error == SocketError.Success);

        Assert.Equal(SocketError.WouldBlock, error);
        Assert.InRange(SocketCalls.Unacknowledged(sender.SafeHandle)!.Value, 1, int.MaxValue);
    }

    [LinuxFact]
    public void Whether_calls_wait_is_told()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.True(SocketCalls.IsBlocking(socket.SafeHandle));

        socket.Blocking = false;
        Assert.False(SocketCalls.IsBlocking(socket.SafeHandle));
    }

    [Fact]
    public unsafe void Structures_have_the_size_they_have_with_64_bits_in_glibc_and_musl()
    {
        if (Abi.Current.Is64Bit)
        {
            Assert.Equal((56, 64, 16), (sizeof(MessageHeader), sizeof(MultiMessageHeader), sizeof(IoVector)));
        }

        Assert.Equal(256, sizeof(StatX));
    }
}
