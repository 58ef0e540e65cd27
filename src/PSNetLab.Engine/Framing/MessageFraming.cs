using System.Text;
using PSNetLab.Engine.Framing;

namespace PSNetLab;

/// <summary>
/// Where one message ends and the next begins on a byte stream, which has no boundaries of its own (RFC 9293, section
/// 3.8).
/// </summary>
/// <remarks>Immutable and free of I/O: the same instance serves any number of connections.</remarks>
public abstract class MessageFraming
{
    internal const int DefaultMaxMessageBytes = 1024 * 1024;

    /// <summary>The largest limit for a message: a buffer can still be twice as large as a message and its frame.</summary>
    internal const int MostMessageBytes = int.MaxValue / 4;

    private protected MessageFraming(string name) => Name = name;

    /// <summary>The text that selects this framing, as -Framing takes it.</summary>
    public string Name { get; }

    /// <summary>Whether a message is whatever one read of the socket returned.</summary>
    internal virtual bool IsRaw => false;

    /// <summary>The same framing for messages in an encoding: its text, such as the end of a line, is encoded like them.</summary>
    /// <exception cref="NetLabException">The encoding does not have a character of that text.</exception>
    internal virtual MessageFraming In(Encoding encoding) => this;

    /// <summary>How many bytes at the start of an unfinished frame are not part of its message.</summary>
    internal virtual int HeaderBytes => 0;

    /// <summary>Looks for one frame at the start of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">The bytes received and not yet consumed.</param>
    /// <param name="limit">The most bytes the payload may have.</param>
    /// <param name="examined">How many bytes were already searched without finding the end; the caller keeps it between
    /// calls, starting at 0 for a new frame.</param>
    /// <param name="frame">The frame or, if it is too long, the length known so far in <see cref="Frame.Length"/>.</param>
    internal abstract FrameStatus TryRead(ReadOnlySpan<byte> buffer, int limit, ref int examined, out Frame frame);

    /// <summary>How many bytes the frame of a payload takes on the wire.</summary>
    /// <exception cref="NetLabException">The payload does not fit this framing.</exception>
    internal abstract int EncodedLength(int payloadLength);

    /// <summary>
    /// Writes the frame of <paramref name="payload"/> into <paramref name="destination"/>, which has <see cref="EncodedLength"/> bytes.
    /// </summary>
    internal abstract void Encode(ReadOnlySpan<byte> payload, Span<byte> destination);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;
}
