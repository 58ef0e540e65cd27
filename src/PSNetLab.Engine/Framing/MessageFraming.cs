using System.Net;
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

    /// <summary>Whether messages are found and made by something that must not run on an event loop.</summary>
    internal virtual bool IsSlow => false;

    /// <summary>Whether messages only say what was read together, with the ends of lines in them.</summary>
    internal virtual bool IsStream => IsRaw;

    /// <summary>The same framing for messages in an encoding: its text, such as the end of a line, is encoded like them.</summary>
    /// <exception cref="NetLabException">The encoding does not have a character of that text.</exception>
    internal virtual MessageFraming In(Encoding encoding) => this;

    /// <summary>Looks for one frame at the start of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">The bytes received and not yet consumed. A payload that is not sent as it is, is put together in them.</param>
    /// <param name="limit">The most bytes the payload may have.</param>
    /// <param name="progress">What was found out before; the caller keeps it between calls.</param>
    /// <param name="frame">The frame or, if it is too long, the length known so far in <see cref="Frame.Length"/>.</param>
    internal abstract FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame);

    /// <summary>What an unfinished frame has of its message: everything but its header.</summary>
    internal virtual ReadOnlySpan<byte> Rest(Span<byte> buffer, FrameProgress progress) => buffer;

    /// <summary>Why a frame is malformed, as the end of a sentence about it.</summary>
    internal virtual string Complaint(ReadOnlySpan<byte> buffer) => string.Empty;

    /// <summary>
    /// Makes of a message what is then encoded. Whoever sends messages of a slow framing awaits this first; with any other, it is the
    /// message itself.
    /// </summary>
    /// <exception cref="NetLabException">The frame cannot be made.</exception>
    internal virtual ValueTask<byte[]> PrepareAsync(byte[] payload, EndPoint peer, CancellationToken cancellationToken) => new(payload);

    /// <summary>How many bytes the frame of a payload takes on the wire.</summary>
    /// <exception cref="NetLabException">The payload does not fit this framing.</exception>
    internal abstract int EncodedLength(ReadOnlySpan<byte> payload);

    /// <summary>
    /// Writes the frame of <paramref name="payload"/> into <paramref name="destination"/>, which has <see cref="EncodedLength"/> bytes.
    /// </summary>
    internal abstract void Encode(ReadOnlySpan<byte> payload, Span<byte> destination);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;
}
