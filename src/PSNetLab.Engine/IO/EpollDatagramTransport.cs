using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Linux;

namespace PSNetLab.Engine.IO;

/// <summary>A UDP socket on Linux, served by an <see cref="EpollLoop"/>: many datagrams per system call.</summary>
internal sealed unsafe class EpollDatagramTransport : DatagramTransport
{
    private readonly EpollSocket _epoll;
    private readonly DatagramPeers _peers = new();

    internal EpollDatagramTransport(Socket socket, int bufferBytes)
        : base(socket, bufferBytes)
        => _epoll = new EpollSocket(socket.SafeHandle);

    /// <summary>Whether the layouts in <see cref="MultiMessageHeader"/> hold here.</summary>
    internal static bool IsSupported => Abi.Current.Is64Bit && EpollLoop.IsSupported;

    internal override ValueTask WaitReadableAsync(CancellationToken cancellationToken) => _epoll.WaitReadableAsync(cancellationToken);

    private protected override bool ReceiveNow(IDatagramHandler handler)
    {
        if (!_epoll.BeginRead())
        {
            return false;
        }

        using DatagramBatch batch = DatagramBatch.Lend(BufferBytes);
        int count;
        while ((count = batch.Receive(_epoll.Handle)) < 0)
        {
            if (_epoll.WouldBlock())
            {
                return true;
            }
        }

        // Decided before the datagrams are handled: that may take long, and an event in the meantime counts.
        _epoll.EndRead(mayHaveMore: count == batch.Capacity);
        for (int i = 0; i < count; i++)
        {
            handler.OnDatagram(batch[i, _peers]);
        }

        return true;
    }

    private protected override bool SendNow(ReadOnlySpan<byte> data, DatagramPeer? to, IPAddress? from, int interfaceIndex)
    {
        const int ControlBytes = 40;
        _epoll.Write.Clear();
        byte* control = stackalloc byte[ControlBytes];
        nint sent;
        fixed (byte* start = data)
        fixed (byte* name = to is null ? default : to.SocketAddress.Buffer.Span)
        {
            IoVector vector = new() { Start = start, Length = (nuint)data.Length };
            MessageHeader message = new()
            {
                Name = name,
                NameLength = to is null ? 0 : (uint)to.SocketAddress.Size,
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = from is null
                    ? 0
                    : WriteSource(
                        new Span<byte>(control, ControlBytes), from, interfaceIndex, to?.SocketAddress.Family ?? Socket.AddressFamily),
            };
            sent = SocketCalls.Send(_epoll.Handle, &message, SocketCalls.NoSignal);
        }

        if (sent >= 0)
        {
            _epoll.Write.Signal();
            return true;
        }

        return !_epoll.WouldBlock() && SendNow(data, to, from, interfaceIndex);
    }

    internal override ValueTask WaitWritableAsync(CancellationToken cancellationToken) => _epoll.Write.WaitAsync(cancellationToken);

    internal override void Interrupt() => _epoll.Interrupt();

    private protected override void Close()
    {
        _epoll.Leave();
        base.Close();
    }

    /// <summary>Writes the control message that chooses source address and interface (ip(7), ipv6(7)); returns its length.</summary>
    private static nuint WriteSource(Span<byte> control, IPAddress from, int interfaceIndex, AddressFamily family)
    {
        const int HeaderBytes = 16;
        control.Clear();
        bool six = family == AddressFamily.InterNetworkV6;
        int dataBytes = six ? 20 : 12;
        MemoryMarshal.Write(control, (nuint)(HeaderBytes + dataBytes));
        MemoryMarshal.Write(control[8..], six ? SocketCalls.LevelIPv6 : SocketCalls.LevelIP);
        MemoryMarshal.Write(control[12..], six ? SocketCalls.IPv6PacketInfo : SocketCalls.PacketInfo);
        MemoryMarshal.Write(control[(HeaderBytes + (six ? 16 : 0))..], interfaceIndex);
        (six ? from.MapToIPv6() : from).TryWriteBytes(control[(HeaderBytes + (six ? 0 : 4))..], out _);
        return (nuint)((HeaderBytes + dataBytes + 7) & ~7);
    }
}
