using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PSNetLab.Engine;

/// <summary>Memory for receiving many datagrams with one recvmmsg(2). One for each thread and buffer size, used without a wait in between.</summary>
internal sealed unsafe class DatagramBatch
{
    private const int MostDatagrams = 128;
    private const int MostBytes = 4 * 1024 * 1024;
    private const int NameBytes = 28;
    private const int ControlBytes = 64;

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
            (IPAddress? local, int card) = PacketInfo(_control.AsSpan(index * ControlBytes, (int)header.Header.ControlLength));
            return new Datagram
            {
                Data = _data.AsSpan(index * _bufferBytes, Math.Min(length, _bufferBytes)),
                FullLength = length,
                Truncated = length > _bufferBytes,
                Peer = peers.Find(_names.AsSpan(index * NameBytes, (int)header.Header.NameLength)),
                LocalAddress = local,
                InterfaceIndex = card,
            };
        }
    }

    private static byte* At(byte[] pinned, int offset) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);

    /// <summary>The address a datagram was sent to and the interface it came by, from the control message of ip(7) or ipv6(7).</summary>
    private static (IPAddress? Local, int InterfaceIndex) PacketInfo(ReadOnlySpan<byte> control)
    {
        const int HeaderBytes = 16;
        if (control.Length < HeaderBytes)
        {
            return default;
        }

        ReadOnlySpan<byte> data = control[HeaderBytes..];
        return (MemoryMarshal.Read<int>(control[8..]), MemoryMarshal.Read<int>(control[12..])) switch
        {
            (LibCDatagrams.LevelIP, LibCDatagrams.PacketInfo) => (LocalAddresses.Get(data.Slice(4, 4)), MemoryMarshal.Read<int>(data)),
            (LibCDatagrams.LevelIPv6, LibCDatagrams.IPv6PacketInfo) => (LocalAddresses.Get(data[..16]), MemoryMarshal.Read<int>(data[16..])),
            _ => default,
        };
    }

    /// <summary>The few addresses a machine has, so that none is made anew for each datagram.</summary>
    private static class LocalAddresses
    {
        [ThreadStatic]
        private static (UInt128 Key, IPAddress Address) t_last;

        internal static IPAddress Get(ReadOnlySpan<byte> bytes)
        {
            UInt128 key = bytes.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
            if (t_last.Key != key || t_last.Address is null)
            {
                IPAddress address = new(bytes);
                t_last = (key, address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
            }

            return t_last.Address;
        }
    }
}
