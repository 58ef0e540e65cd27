using System.Buffers;

namespace PSNetLab.Engine.Proxies;

/// <summary>Bytes that a proxy holds, in memory of the pool; or the end of a direction, without bytes.</summary>
/// <param name="Buffer">The memory; null at the end.</param>
/// <param name="Length">How many bytes there are.</param>
/// <param name="Due">When they may be sent, as a timestamp of Stopwatch.</param>
internal readonly record struct Chunk(byte[]? Buffer, int Length, long Due)
{
    /// <summary>About what a chunk or datagram that waits takes besides its bytes.</summary>
    internal const int Overhead = 64;

    private readonly ActiveFault[]? _chosen;

    /// <summary>The faults whose scripts have chosen it.</summary>
    internal ActiveFault[] Chosen
    {
        get => _chosen ?? [];
        init => _chosen = value;
    }

    /// <summary>Whether this is the end of the direction.</summary>
    internal bool IsEnd => Buffer is null;

    internal Span<byte> Span => Buffer.AsSpan(0, Length);

    internal ReadOnlyMemory<byte> Memory => new(Buffer, 0, Length);

    internal static Chunk Of(ReadOnlySpan<byte> bytes)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer);
        return new Chunk(buffer, bytes.Length, 0);
    }

    /// <summary>Gives the memory back.</summary>
    internal void Return()
    {
        if (Buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(Buffer);
        }
    }
}
