using System.Buffers;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>The stream under an SslStream. It keeps a shutdown of the sending side from happening in the middle of decryption.</summary>
/// <remarks>
/// SslStream allows a read and a write at the same time, but a shutdown during a read sometimes breaks the session.
/// Between one read of this stream and the next, SslStream may be decrypting; the gate is closed during that time.
/// </remarks>
internal sealed class TlsGate(Transport inner) : Stream
{
    // SslStream decrypts all that it has without a pause, and a tiny record takes as long as one of several hundred bytes.
    private const int MostBytesOfTinyRecords = 4096;

    private readonly SemaphoreSlim _decrypting = new(1, 1);
    private volatile bool _isHandshaking = true;
    private ArrayBufferWriter<byte>? _captured;
    private int _held;
    private int _read;
    private bool _recordsAreTiny;

    /// <summary>
    /// Whether a client has sent its certificate, or said that it has none, before TLS 1.3. Later versions encrypt it, but their
    /// handshake is over for the client once it is sent.
    /// </summary>
    internal bool HasSentCertificate { get; private set; }

    /// <summary>Whether the stream below has ended. After a close_notify alert, nobody reads that far.</summary>
    internal bool IsInnerEnd { get; private set; }

    /// <summary>Whether a read waits until something arrives; if not, it counts as cancelled when nothing has.</summary>
    internal bool Waits { get; set; } = true;

    /// <summary>Cancelled when reading and writing must end.</summary>
    internal CancellationTokenSource Interrupted { get; } = new();

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// Call this when the handshake is over. Until then SslStream runs outside the event loops, because keys and
    /// certificates are slow.
    /// </summary>
    internal void EndHandshake()
    {
        _isHandshaking = false;
        EndRead();
    }

    /// <summary>Says how much came of the bytes read since the last call: with tiny records, most is not content.</summary>
    internal void NoteDecrypted(int bytes)
    {
        _recordsAreTiny = bytes < _read / 2;
        _read = 0;
    }

    /// <summary>Call this when the outer read is over: nothing is being decrypted until the next one.</summary>
    internal void EndRead()
    {
        if (Interlocked.Exchange(ref _held, 0) == 1)
        {
            _decrypting.Release();
        }
    }

    /// <summary>Runs an action of SslStream while nothing is being decrypted, and returns what it wrote instead of sending it.</summary>
    /// <remarks>Sending may have to wait until the peer reads, and the peer until we read, so reading must continue meanwhile.</remarks>
    internal async Task<ReadOnlyMemory<byte>> CaptureAsync(Func<Task> action)
    {
        await _decrypting.WaitAsync().ConfigureAwait(false);
        ArrayBufferWriter<byte> captured = new();
        try
        {
            _captured = captured;
            await action().ConfigureAwait(false);
            return captured.WrittenMemory;
        }
        finally
        {
            _captured = null;
            _decrypting.Release();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        EndRead();
        int count;
        do
        {
            if (Waits)
            {
                await inner.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            }

            count = buffer.IsEmpty
                ? 0
                : inner.TryReceive(_recordsAreTiny ? buffer.Span[..Math.Min(buffer.Length, MostBytesOfTinyRecords)] : buffer.Span);
        }
        while (count < 0 && Waits);

        if (count < 0)
        {
            throw new OperationCanceledException();
        }

        _read += count;
        IsInnerEnd |= count == 0 && !buffer.IsEmpty;

        if (_isHandshaking)
        {
            await LoopThread.Leave();
        }

        // No cancellation from here on: the bytes read must reach SslStream.
        await _decrypting.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        Volatile.Write(ref _held, 1);
        return count;
    }

    // What SslStream writes without a token must not wait for a peer that never reads once the connection is closed.
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_captured is { } captured)
        {
            captured.Write(buffer.Span);
            return default;
        }

        // The Certificate message begins a flight of its own (RFC 5246, section 7.4.6): the type of the record, 22, four bytes, and 11.
        HasSentCertificate |= _isHandshaking && buffer.Span is [22, _, _, _, _, 11, ..];
        ValueTask sending = inner.SendAsync(buffer, cancellationToken.CanBeCanceled ? cancellationToken : Interrupted.Token);
        return _isHandshaking ? ThenLeaveAsync(sending) : sending;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static async ValueTask ThenLeaveAsync(ValueTask sending)
    {
        await sending.ConfigureAwait(false);
        await LoopThread.Leave();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
