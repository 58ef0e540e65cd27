using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>The datagrams of one recvmmsg(2) call, in a lent buffer. Valid until the method returns.</summary>
/// <remarks>
/// A ref struct cannot outlive its method or an await. Another receiver on the thread gets a different buffer meanwhile.
/// Each loop has a buffer. The threads of the pool, where servers with scripts receive, share one: there are many of them, and they
/// come and go.
/// </remarks>
internal readonly unsafe ref struct DatagramBatch
{
    private const int MostDatagrams = 128;
    private const int MostBytes = 4 * 1024 * 1024;
    private const int NameBytes = 28;
    private const int ControlBytes = 80;

    [ThreadStatic]
    private static Memory? t_spare;
    private static Memory? s_sparePooled;

    private readonly Memory _memory;

    private DatagramBatch(Memory memory) => _memory = memory;

    /// <summary>The most datagrams of one call.</summary>
    internal int Capacity => _memory.Count;

    /// <summary>Lends memory for datagrams of this size.</summary>
    internal static DatagramBatch Lend(int bufferBytes)
    {
        Memory memory = Interlocked.Exchange(ref Spare, null) ?? new Memory();
        memory.Divide(bufferBytes);
        return new DatagramBatch(memory);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => Volatile.Write(ref Spare, _memory);

    private static ref Memory? Spare => ref (LoopThread.IsCurrent ? ref t_spare : ref s_sparePooled);

    /// <summary>Receives what is there without waiting; returns the number of datagrams, or -1 with errno set.</summary>
    internal int Receive(SafeSocketHandle socket)
    {
        Span<MultiMessageHeader> headers = _memory.Headers.AsSpan(0, Capacity);
        foreach (ref MultiMessageHeader header in headers)
        {
            header.Header.NameLength = NameBytes;
            header.Header.ControlLength = ControlBytes;
        }

        // With MSG_TRUNC, the length is that of the datagram, not of the part that fit (recv(2)).
        return SocketCalls.ReceiveMany(
            socket,
            (MultiMessageHeader*)Marshal.UnsafeAddrOfPinnedArrayElement(_memory.Headers, 0),
            (uint)headers.Length,
            SocketCalls.DoNotWait | SocketCalls.Truncated,
            null);
    }

    /// <summary>A datagram of the last call.</summary>
    internal Datagram this[int index, DatagramPeers peers]
    {
        get
        {
            ref MultiMessageHeader header = ref _memory.Headers[index];
            int length = (int)header.Length;
            Span<byte> buffer = _memory.Buffer(index);
            PacketSource packet = PacketInfo(_memory.Control.AsSpan(index * ControlBytes, (int)header.Header.ControlLength));
            return new Datagram
            {
                Data = buffer[..Math.Min(length, buffer.Length)],
                FullLength = length,
                Truncated = length > buffer.Length,
                Peer = peers.Find(_memory.Names.AsSpan(index * NameBytes, (int)header.Header.NameLength), packet.Own),
                Packet = packet,
            };
        }
    }

    /// <summary>
    /// Reads the control messages of ip(7) and ipv6(7). An IPv4 datagram on a dual-stack socket has both; only that of
    /// ip(7) has the local address.
    /// </summary>
    internal static PacketSource PacketInfo(ReadOnlySpan<byte> control)
    {
        const int HeaderBytes = 16;
        PacketSource source = default;
        while (control.Length > HeaderBytes)
        {
            int length = (int)MemoryMarshal.Read<nuint>(control);
            ReadOnlySpan<byte> data = control[HeaderBytes..];
            switch (MemoryMarshal.Read<int>(control[8..]), MemoryMarshal.Read<int>(control[12..]))
            {
                case (SocketCalls.LevelIP, SocketCalls.PacketInfo):
                    return new PacketSource(
                        KnownAddresses.Get(data.Slice(8, 4)), KnownAddresses.Get(data.Slice(4, 4)), MemoryMarshal.Read<int>(data));
                case (SocketCalls.LevelIPv6, SocketCalls.IPv6PacketInfo):
                    int index = MemoryMarshal.Read<int>(data[16..]);
                    IPAddress address = KnownAddresses.Get(data[..16], (uint)index);
                    source = new PacketSource(address, address, index);
                    break;
            }

            control = control[Math.Min((length + 7) & ~7, control.Length)..];
        }

        return source;
    }

    /// <summary>Pinned memory for a batch, divided into buffers of any size, so that servers with different sizes share it.</summary>
    private sealed class Memory
    {
        private readonly IoVector[] _vectors = GC.AllocateArray<IoVector>(MostDatagrams, pinned: true);
        private byte[] _data = [];
        private int _bufferBytes;

        internal Memory()
        {
            for (int i = 0; i < MostDatagrams; i++)
            {
                Headers[i].Header.Name = At(Names, i * NameBytes);
                Headers[i].Header.Vectors = (IoVector*)Marshal.UnsafeAddrOfPinnedArrayElement(_vectors, i);
                Headers[i].Header.VectorCount = 1;
                Headers[i].Header.Control = At(Control, i * ControlBytes);
            }
        }

        /// <summary>How many buffers there are.</summary>
        internal int Count { get; private set; }

        internal byte[] Names { get; } = GC.AllocateArray<byte>(MostDatagrams * NameBytes, pinned: true);

        internal byte[] Control { get; } = GC.AllocateArray<byte>(MostDatagrams * ControlBytes, pinned: true);

        internal MultiMessageHeader[] Headers { get; } = GC.AllocateArray<MultiMessageHeader>(MostDatagrams, pinned: true);

        internal Span<byte> Buffer(int index) => _data.AsSpan(index * _bufferBytes, _bufferBytes);

        internal void Divide(int bufferBytes)
        {
            if (bufferBytes == _bufferBytes)
            {
                return;
            }

            _bufferBytes = bufferBytes;
            Count = Math.Clamp(MostBytes / bufferBytes, 1, MostDatagrams);
            if (_data.Length < Count * bufferBytes)
            {
                _data = GC.AllocateUninitializedArray<byte>(Count * bufferBytes, pinned: true);
            }

            for (int i = 0; i < Count; i++)
            {
                _vectors[i] = new IoVector { Start = At(_data, i * bufferBytes), Length = (nuint)bufferBytes };
            }
        }

        private static byte* At(byte[] pinned, int offset) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);
    }
}
