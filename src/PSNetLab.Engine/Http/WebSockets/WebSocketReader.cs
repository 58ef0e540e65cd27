using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.WebSockets;

/// <summary>
/// Reads the frames of a client, and puts messages together (RFC 6455, section 5). It takes all bytes it gets, so that a connection with
/// nothing to do needs no buffer.
/// </summary>
/// <param name="mostBytes">The longest message.</param>
/// <param name="held">
/// How many bytes all connections may hold together; null for no limit. Those of a whole message stay taken: whoever has it gives them
/// back.
/// </param>
internal sealed class WebSocketReader(int mostBytes, ByteLimit? held = null) : IDisposable
{
    private const int MostControlBytes = 125;

    // The head of a frame: two bytes, up to eight of the length, four of the mask.
    private readonly byte[] _head = new byte[14];
    private int _headCount;
    private int _headLength;
    private long _left;
    private int _position;

    private readonly MessageBuffer _message = new(mostBytes, held);
    private WebSocketStep _type;
    private byte[] _control = [];

    /// <summary>The payload of what was found last, until the next call of Read; of Close, the reason.</summary>
    internal byte[] Data { get; private set; } = [];

    /// <summary>The code of Close and Failed.</summary>
    internal int Code { get; private set; }

    /// <summary>Why it failed; for the peer.</summary>
    internal string Reason { get; private set; } = string.Empty;

    /// <summary>Whether the peer has sent a part of a frame or of a message.</summary>
    internal bool IsInside => _headCount > 0 || _type != WebSocketStep.NeedsMore;

    private byte Opcode => (byte)(_head[0] & 0x0F);

    private bool IsFinal => (_head[0] & 0x80) != 0;

    private bool IsControl => (_head[0] & 0x08) != 0;

    /// <summary>Reads on to the next message or control frame; call it again until it needs more.</summary>
    /// <param name="bytes">What has come; afterwards, what is left of it.</param>
    internal WebSocketStep Read(ref ReadOnlySpan<byte> bytes)
    {
        Data = [];
        if (Code != 0)
        {
            // What follows a Close, or a fault, is of no interest (section 5.5.1).
            bytes = default;
            return WebSocketStep.NeedsMore;
        }

        while (true)
        {
            if (!IsHeadComplete && !TryReadHead(ref bytes))
            {
                return Code == 0 ? WebSocketStep.NeedsMore : WebSocketStep.Failed;
            }

            if (!TryReadPayload(ref bytes))
            {
                return WebSocketStep.NeedsRoom;
            }

            if (_left > 0)
            {
                return WebSocketStep.NeedsMore;
            }

            WebSocketStep step = IsControl ? EndControl() : IsFinal ? EndMessage() : WebSocketStep.NeedsMore;
            _headCount = _headLength = 0;
            if (step != WebSocketStep.NeedsMore)
            {
                return step;
            }
        }
    }

    /// <summary>Fails because there will be no room for the message.</summary>
    internal void Refuse() => Fail(WebSocketCode.TryAgainLater, "The server holds as many bytes of messages as it may.");

    /// <inheritdoc/>
    public void Dispose() => _message.Clear();

    private bool IsHeadComplete => _headLength > 0 && _headCount == _headLength;

    /// <returns>False if the head is not complete, or wrong.</returns>
    private bool TryReadHead(ref ReadOnlySpan<byte> bytes)
    {
        while (_headCount < (_headLength == 0 ? 2 : _headLength))
        {
            if (bytes.IsEmpty)
            {
                return false;
            }

            _head[_headCount++] = bytes[0];
            bytes = bytes[1..];
            if (_headCount == 2 && !TryBegin())
            {
                return false;
            }
        }

        return TryReadLength();
    }

    /// <summary>Checks the first two bytes, as soon as they are there.</summary>
    private bool TryBegin()
    {
        int length = _head[1] & 0x7F;
        _headLength = 2 + 4 + (length == 127 ? 8 : length == 126 ? 2 : 0);
        bool isInMessage = _type != WebSocketStep.NeedsMore;
        string fault = (_head[0] & 0x70) != 0 ? "A reserved bit is set, but no extension was agreed on."
            : Opcode is (> 2 and < 8) or > 10 ? $"Opcode {Opcode} is unknown."
            : (_head[1] & 0x80) == 0 ? "A frame of a client must be masked."
            : IsControl && !IsFinal ? "A control frame must not be fragmented."
            : IsControl && length > MostControlBytes ? "A control frame is longer than 125 bytes."
            : !IsControl && Opcode == 0 && !isInMessage ? "A continuation without a message."
            : !IsControl && Opcode != 0 && isInMessage ? "A message began before the end of another one."
            : string.Empty;
        return fault.Length == 0 || Fail(WebSocketCode.ProtocolError, fault);
    }

    private bool TryReadLength()
    {
        ulong length = (ulong)(_head[1] & 0x7F);
        ulong least = 0;
        if (length == 126)
        {
            (length, least) = (BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2)), 126);
        }
        else if (length == 127)
        {
            (length, least) = (BinaryPrimitives.ReadUInt64BigEndian(_head.AsSpan(2)), 65536);
        }

        if (length < least || length > long.MaxValue)
        {
            return Fail(WebSocketCode.ProtocolError, "The length of a frame is not in its shortest form.");
        }

        if (!IsControl && length > (ulong)(mostBytes - _message.Length))
        {
            return Fail(WebSocketCode.TooBig, $"A message is longer than {mostBytes} bytes.");
        }

        if (!IsControl && Opcode != 0)
        {
            _type = Opcode == 1 ? WebSocketStep.Text : WebSocketStep.Binary;
        }

        _left = (long)length;
        _position = 0;
        return true;
    }

    /// <returns>False if there is no room for it.</returns>
    private bool TryReadPayload(ref ReadOnlySpan<byte> bytes)
    {
        int count = (int)Math.Min(_left, bytes.Length);
        if (count == 0)
        {
            return true;
        }

        Span<byte> destination;
        if (IsControl)
        {
            _control = _control.Length == 0 ? new byte[MostControlBytes] : _control;
            destination = _control.AsSpan(_position, count);
        }
        else if (!_message.TryExtend(count, IsFinal ? _message.Length + _left : 0, out destination))
        {
            return false;
        }

        Unmask(bytes[..count], destination);
        _position += count;
        _left -= count;
        bytes = bytes[count..];
        return true;
    }

    private void Unmask(ReadOnlySpan<byte> from, Span<byte> to)
    {
        ReadOnlySpan<byte> mask = _head.AsSpan(_headLength - 4, 4);
        Span<byte> turned = stackalloc byte[8];
        for (int i = 0; i < turned.Length; i++)
        {
            turned[i] = mask[(_position + i) & 3];
        }

        ulong eight = MemoryMarshal.Read<ulong>(turned);
        int done = 0;
        for (; from.Length - done >= sizeof(ulong); done += sizeof(ulong))
        {
            MemoryMarshal.Write(to[done..], MemoryMarshal.Read<ulong>(from[done..]) ^ eight);
        }

        for (; done < from.Length; done++)
        {
            to[done] = (byte)(from[done] ^ turned[done & 7]);
        }
    }

    private WebSocketStep EndMessage()
    {
        WebSocketStep type = _type;
        if (type == WebSocketStep.Text && !Utf8.IsValid(_message.Written))
        {
            Fail(WebSocketCode.InvalidData, "A text message is not UTF-8.");
            return WebSocketStep.Failed;
        }

        Data = _message.Take();
        _type = WebSocketStep.NeedsMore;
        return type;
    }

    private WebSocketStep EndControl()
    {
        byte[] payload = _control.AsSpan(0, _position).ToArray();
        if (Opcode != 8)
        {
            Data = payload;
            return Opcode == 9 ? WebSocketStep.Ping : WebSocketStep.Pong;
        }

        int code = payload.Length < 2 ? WebSocketCode.NoStatus : BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (payload.Length == 1 || (payload.Length >= 2 && !WebSocketCode.MayBeSent(code)))
        {
            Fail(WebSocketCode.ProtocolError, payload.Length == 1 ? "A Close frame has half of a code." : $"Code {code} must not be sent.");
            return WebSocketStep.Failed;
        }

        byte[] reason = payload.Length > 2 ? payload[2..] : [];
        if (!Utf8.IsValid(reason))
        {
            Fail(WebSocketCode.InvalidData, "The reason of a Close frame is not UTF-8.");
            return WebSocketStep.Failed;
        }

        (Code, Reason, Data) = (code, Encoding.UTF8.GetString(reason), reason);
        Release();
        return WebSocketStep.Close;
    }

    private bool Fail(int code, string reason)
    {
        (Code, Reason) = (code, reason);
        Release();
        return false;
    }

    private void Release()
    {
        _message.Clear();
        _type = WebSocketStep.NeedsMore;
    }
}
