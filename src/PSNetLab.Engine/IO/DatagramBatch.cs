using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>Memory for receiving many datagrams with one recvmmsg(2). One for each thread and buffer size, used without a wait in between.</summary>
internal sealed unsafe class DatagramBatch
{
    private const int MostDatagrams = 128;
    private const int MostBytes = 4 * 1024 * 1024;
    private const int NameBytes = 28;
    private const int ControlBytes = 80;

    [ThreadStatic]
    private static DatagramBatch? t_batch;

    private readonly byte[] _data;
    private readonly byte[] _names;
    private readonly byte[] _control;
    private readonly MultiMessageHeader[] _headers;
    private readonly IoVector[] _vectors;
    private readonly int _bufferBytes;

    private DatagramBatch(int bufferBytes)
    {
        _bufferBytes = bufferBytes;
        int count = Math.Clamp(MostBytes / Math.Max(bufferBytes, 1), 1, MostDatagrams);
        _data = GC.AllocateUninitializedArray<byte>(count * bufferBytes, pinned: true);
        _names = GC.AllocateArray<byte>(count * NameBytes, pinned: true);
        _control = GC.AllocateArray<byte>(count * ControlBytes, pinned: true);
        _headers = GC.AllocateArray<MultiMessageHeader>(count, pinned: true);
        _vectors = GC.AllocateArray<IoVector>(count, pinned: true);
        for (int i = 0; i < count; i++)
        {
            _vectors[i] = new IoVector { Start = At(_data, i * bufferBytes), Length = (nuint)bufferBytes };
            _headers[i].Header.Name = At(_names, i * NameBytes);
            _headers[i].Header.Vectors = (IoVector*)Marshal.UnsafeAddrOfPinnedArrayElement(_vectors, i);
            _headers[i].Header.VectorCount = 1;
            _headers[i].Header.Control = At(_control, i * ControlBytes);
        }
    }

    /// <summary>How many datagrams fit.</summary>
    internal int Capacity => _headers.Length;

    internal static DatagramBatch ForThread(int bufferBytes)
        => t_batch?._bufferBytes == bufferBytes ? t_batch : t_batch = new DatagramBatch(bufferBytes);

    /// <summary>Receives what is there, without waiting: the number of datagrams, or -1 with the errno set.</summary>
    internal int Receive(SafeSocketHandle socket)
    {
        for (int i = 0; i < _headers.Length; i++)
        {
            _headers[i].Header.NameLength = NameBytes;
            _headers[i].Header.ControlLength = ControlBytes;
        }

        // With MSG_TRUNC among the flags, the length is that of the datagram, not of what fitted (recv(2)).
        return LibCDatagrams.ReceiveMany(
            socket,
            (MultiMessageHeader*)Marshal.UnsafeAddrOfPinnedArrayElement(_headers, 0),
            (uint)_headers.Length,
            LibCDatagrams.DoNotWait | LibCDatagrams.Truncated,
            null);
    }

    /// <summary>One of the datagrams received last.</summary>
    internal Datagram this[int index, DatagramPeers peers]
    {
        get
        {
            ref MultiMessageHeader header = ref _headers[index];
            int length = (int)header.Length;
            return new Datagram
            {
                Data = _data.AsSpan(index * _bufferBytes, Math.Min(length, _bufferBytes)),
                FullLength = length,
                Truncated = length > _bufferBytes,
                Peer = peers.Find(_names.AsSpan(index * NameBytes, (int)header.Header.NameLength)),
                Packet = PacketInfo(_control.AsSpan(index * ControlBytes, (int)header.Header.ControlLength)),
            };
        }
    }

    private static byte* At(byte[] pinned, int offset) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);

    /// <summary>Reads the control messages of ip(7) and ipv6(7). An IPv4 datagram on a socket for both families has both; only that of ip(7) knows the own address.</summary>
    private static PacketSource PacketInfo(ReadOnlySpan<byte> control)
    {
        const int HeaderBytes = 16;
        PacketSource source = default;
        while (control.Length > HeaderBytes)
        {
            int length = (int)MemoryMarshal.Read<nuint>(control);
            ReadOnlySpan<byte> data = control[HeaderBytes..];
            switch (MemoryMarshal.Read<int>(control[8..]), MemoryMarshal.Read<int>(control[12..]))
            {
                case (LibCDatagrams.LevelIP, LibCDatagrams.PacketInfo):
                    return new PacketSource(KnownAddresses.Get(data.Slice(8, 4)), KnownAddresses.Get(data.Slice(4, 4)), MemoryMarshal.Read<int>(data));
                case (LibCDatagrams.LevelIPv6, LibCDatagrams.IPv6PacketInfo):
                    IPAddress address = KnownAddresses.Get(data[..16]);
                    source = new PacketSource(address, address, MemoryMarshal.Read<int>(data[16..]));
                    break;
            }

            control = control[Math.Min((length + 7) & ~7, control.Length)..];
        }

        return source;
    }
}
