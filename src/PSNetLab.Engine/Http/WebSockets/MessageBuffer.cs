using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.WebSockets;

/// <summary>A message that has come in part. It grows with what has come, whatever was announced.</summary>
/// <param name="mostBytes">The longest message.</param>
/// <param name="held">How many bytes all messages may have together; null for no limit.</param>
internal sealed class MessageBuffer(int mostBytes, ByteLimit? held)
{
    private const int FirstBytes = 1024;

    private byte[] _data = [];

    /// <summary>How many bytes have come.</summary>
    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => _data.AsSpan(0, Length);

    /// <summary>Makes room for more bytes, and counts these as written; false if the limit does not allow that now.</summary>
    /// <param name="count">How many.</param>
    /// <param name="whole">The length of the whole message; 0 if it is not known.</param>
    /// <param name="room">Where they go.</param>
    internal bool TryExtend(int count, long whole, out Span<byte> room)
    {
        int needed = Length + count;
        if (needed > _data.Length)
        {
            long size = Math.Max(needed, Math.Max(FirstBytes, 2L * Length));
            size = Math.Min(whole > 0 ? Math.Min(size, whole) : size, Math.Max(mostBytes, needed));
            if (held?.TryTake(size - _data.Length) == false)
            {
                room = default;
                return false;
            }

            Array.Resize(ref _data, (int)size);
        }

        room = _data.AsSpan(Length, count);
        Length = needed;
        return true;
    }

    /// <summary>The whole message. Its bytes stay taken from the limit: whoever has it now gives them back.</summary>
    internal byte[] Take()
    {
        byte[] whole = Length == _data.Length ? _data : Written.ToArray();
        held?.Give(_data.Length - whole.Length);
        _data = [];
        Length = 0;
        return whole;
    }

    /// <summary>Drops what has come.</summary>
    internal void Clear()
    {
        held?.Give(_data.Length);
        _data = [];
        Length = 0;
    }
}
