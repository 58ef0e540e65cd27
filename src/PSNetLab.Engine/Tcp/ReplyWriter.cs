using System.Buffers;

namespace PSNetLab.Engine.Tcp;

/// <summary>Collects encoded answers in a buffer of the thread, to send them together. Valid until the method returns.</summary>
internal readonly ref struct ReplyWriter
{
    private const int FlushBytes = 64 * 1024;
    private const int MostBytesKept = 1024 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_spare;

    private readonly ArrayBufferWriter<byte> _bytes;

    private ReplyWriter(ArrayBufferWriter<byte> bytes) => _bytes = bytes;

    internal static ReplyWriter Lend()
    {
        ArrayBufferWriter<byte> bytes = t_spare ?? new ArrayBufferWriter<byte>(FlushBytes);
        t_spare = null;
        return new ReplyWriter(bytes);
    }

    internal ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    /// <summary>Whether it is time to send.</summary>
    internal bool IsFull => _bytes.WrittenCount >= FlushBytes;

    internal void Append(MessageFraming framing, ReadOnlySpan<byte> payload)
    {
        int length = framing.EncodedLength(payload);
        framing.Encode(payload, _bytes.GetSpan(length)[..length]);
        _bytes.Advance(length);
    }

    public void Dispose()
    {
        if (_bytes.Capacity <= MostBytesKept)
        {
            _bytes.ResetWrittenCount();
            t_spare = _bytes;
        }
    }
}
