using System.Buffers;
using System.Net.Sockets;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.Client;

/// <summary>A connection to a server, for one request after the other. One sender and one reader at a time.</summary>
/// <remarks>What is sent is the caller's; what arrives is taken apart here: heads, bodies, trailers.</remarks>
internal sealed partial class HttpClientConnection : IDisposable
{
    private const int PieceBytes = 64 * 1024;

    private readonly string _peer;
    private readonly Transport _transport;
    private readonly ReceiveBuffer _received;
    private readonly HeadReader _heads;
    private readonly bool _isLent;
    private BodyReader _body;
    private ReceivedHead? _head;
    private bool _isSending;

    /// <param name="peer">Who answers, for errors.</param>
    /// <param name="transport">The connection.</param>
    /// <param name="received">What has been received on a connection that was used otherwise, and stays open; null for a new one.</param>
    /// <param name="mends">Whether malformed heads are read as well as that is possible; if not, they are faults.</param>
    internal HttpClientConnection(string peer, Transport transport, ReceiveBuffer? received = null, bool mends = true)
    {
        _peer = peer;
        _transport = transport;
        _isLent = received is not null;
        _received = received ?? new ReceiveBuffer();
        _heads = new HeadReader(peer, HeadReader.DefaultLimits, mends);
    }

    internal Transport Transport => _transport;

    internal long BytesSent { get; private set; }

    internal long BytesReceived { get; private set; }

    /// <summary>When the first byte of the last head arrived, as a timestamp of Stopwatch; null before.</summary>
    internal long? FirstByteAt { get; private set; }

    /// <summary>Whether the server has ended its stream.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Whether this side has ended its stream.</summary>
    internal bool HasSentEnd { get; private set; }

    /// <summary>How many bytes have arrived that belong to no response read so far.</summary>
    internal int Pending => _received.Count;

    /// <summary>Gets the bytes of all responses as they were received, with their framing; null for nobody.</summary>
    internal IBufferWriter<byte>? Record { get; set; }

    /// <summary>Whether the current body was read to its end.</summary>
    internal bool HasReadBody => _body.Status == ParseStatus.Complete;

    /// <summary>How many bytes of the current body there were so far, without their framing.</summary>
    internal long BodyLength => _body.Length;

    /// <summary>The fields after the last chunk of a complete body.</summary>
    internal ReadOnlySpan<byte> TrailerLines => _body.Trailers;

    /// <inheritdoc cref="TrailerLines"/>
    internal HttpFields Trailers => _body.Trailers.IsEmpty ? HttpFields.None : HttpFields.Read(new FieldEnumerator(_body.Trailers));

    /// <summary>
    /// Whether another request may follow (RFC 9112, section 9.3): everything was sent, the response is complete and leaves the connection
    /// open, and nothing came after it.
    /// </summary>
    internal bool MayReuse() => IsDone && IsQuiet();

    /// <summary>The same without a look at the socket: for a connection that is only kept yet.</summary>
    internal bool IsDone
        => _head?.KeepsConnection == true && _body.Status == ParseStatus.Complete && !_isSending && !HasSentEnd && Pending == 0;

    private long LastArrival { get; set; }

    /// <summary>Sends all bytes.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    internal async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        // Where it fails or is cancelled in between, the server waits for the rest.
        _isSending = true;
        while (!bytes.IsEmpty)
        {
            ReadOnlyMemory<byte> piece = bytes[..Math.Min(bytes.Length, PieceBytes)];
            await _transport.SendAsync(piece, cancellationToken).ConfigureAwait(false);
            BytesSent += piece.Length;
            bytes = bytes[piece.Length..];
        }

        _isSending = false;
    }

    /// <summary>Tells the server that nothing more will be sent.</summary>
    internal ValueTask HalfCloseAsync(CancellationToken cancellationToken)
    {
        HasSentEnd = true;
        return _transport.ShutdownSendAsync(cancellationToken);
    }

    /// <summary>Reads the next head: that of an interim response, or that of the response.</summary>
    /// <param name="method">The method of the request.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NetLabException">There is no response, or it is malformed.</exception>
    internal async ValueTask<ReceivedHead> ReadHeadAsync(HttpMethod method, CancellationToken cancellationToken)
    {
        _head = null;
        FirstByteAt = Pending > 0 ? LastArrival : null;
        ReceivedHead? head = null;
        try
        {
            if (Pending == 0 || !TryReadHead(method, receives: false, out head))
            {
                do
                {
                    await WaitAsync(cancellationToken).ConfigureAwait(false);
                }
                while (!TryReadHead(method, receives: true, out head));
            }
        }
        catch (Exception error) when (IsEnd(error))
        {
            throw ResponseFaults.Ended(_peer, error, Pending, hasHead: false);
        }

        _head = head;
        _body = head!.Body;
        return head;
    }

    /// <summary>Reads a part of the body.</summary>
    /// <param name="into">Where it goes. Not empty.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The number of bytes; 0 at the end.</returns>
    /// <exception cref="NetLabException">The body is malformed, or ends too early.</exception>
    internal async ValueTask<int> ReadBodyAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        try
        {
            int count = TakeBody(into.Span, receives: false);
            while (count == 0 && _body.Status == ParseStatus.Incomplete)
            {
                await WaitAsync(cancellationToken).ConfigureAwait(false);
                count = TakeBody(into.Span, receives: true);
            }

            return count > 0 || _body.Status == ParseStatus.Complete ? count : throw ResponseFaults.Broken(_peer, _head!, _body, HasEnded);
        }
        catch (Exception error) when (IsEnd(error))
        {
            throw ResponseFaults.Ended(_peer, error, _body.Length, hasHead: true);
        }
    }

    /// <summary>Reads what comes after a response that changed the protocol; returns the number of bytes, 0 at the end.</summary>
    internal async ValueTask<int> ReadRawAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        int count = Math.Min(Pending, into.Length);
        if (count > 0)
        {
            _received.Pending[..count].CopyTo(into.Span);
            Take(count);
            return count;
        }

        do
        {
            await WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        while ((count = _transport.TryReceive(into.Span)) < 0);
        BytesReceived += count;
        return count;
    }

    /// <summary>Gives up what was received and not understood; <see cref="Record"/> has it.</summary>
    internal void TakeRest() => Take(Pending);

    /// <summary>Ends the connection in good order, without waiting here for the server.</summary>
    internal void Close()
    {
        if (!_isLent)
        {
            _received.Dispose();
            _ = _transport.CloseAsync();
        }
    }

    /// <summary>Ends the connection in good order, and has closed it when it returns.</summary>
    /// <param name="patience">How long to wait for the server.</param>
    internal Task CloseAsync(TimeSpan patience)
    {
        if (_isLent)
        {
            return Task.CompletedTask;
        }

        _received.Dispose();
        return _transport.CloseAsync(patience);
    }

    /// <summary>Ends the connection at once.</summary>
    public void Dispose()
    {
        if (!_isLent)
        {
            _received.Dispose();
            _transport.Dispose();
        }
    }

    private static bool IsEnd(Exception error)
        => error is SocketException or IOException or ObjectDisposedException && error is not NetLabException;

    /// <summary>Whether nothing has arrived since the response, not even the end of the stream.</summary>
    private bool IsQuiet()
    {
        if (HasEnded)
        {
            return false;
        }

        try
        {
            using ReceiveBuffer.Lease lease = _received.Lend();
            return !TryReceive(lease, int.MaxValue);
        }
        catch (Exception error) when (IsEnd(error))
        {
            HasEnded = true;
            return false;
        }
    }
}
