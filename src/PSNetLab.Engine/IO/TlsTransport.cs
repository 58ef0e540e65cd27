using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace PSNetLab.Engine.IO;

/// <summary>A socket under TLS (RFC 8446).</summary>
internal sealed class TlsTransport : Transport
{
    private const int RecordBytes = 16 * 1024;

    private const int MostShutdownAttempts = 10;

    private readonly Transport _inner;
    private readonly SslStream _stream;
    private readonly TlsGate _gate;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private readonly OwnCertificateVerdict? _verdict;
    private bool _ended;
    private bool _maySendEnd = true;
    private volatile bool _isClosing;

    private TlsTransport(Transport inner, SslStream stream, TlsGate gate, PeerCheck? check, OwnCertificateVerdict? verdict)
        : base(inner.Socket)
    {
        Tls = new TlsInfo(stream, check);
        _verdict = verdict;
        _inner = inner;
        _stream = stream;
        _gate = gate;
    }

    internal override TlsInfo? Tls { get; }

    internal override bool MayBeRejected => _verdict?.IsOpen == true;

    /// <summary>Does the handshake of a client over a connected stream. On failure the stream is closed.</summary>
    /// <exception cref="NetLabException">The server did not accept the certificate of this side.</exception>
    internal static async Task<TlsTransport> ConnectAsync(
        Transport inner, SslClientAuthenticationOptions options, CancellationToken cancellationToken, PeerCheck? check = null)
    {
        options.CertificateChainPolicy ??= new CertificateExpectation().ChainPolicy();

        // A handshake inside a read would run on the thread of an event loop.
        options.AllowRenegotiation = false;
        OwnCertificateVerdict verdict = OwnCertificateVerdict.For(options, inner.RemoteEndPoint);
        try
        {
            return await HandshakeAsync(
                inner, stream => stream.AuthenticateAsClientAsync(options, cancellationToken), check, verdict,
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (check?.HasRejected != true && verdict.Explain(error) is { } fault)
        {
            throw fault;
        }
    }

    /// <summary>Does the handshake of a server over a connected stream. On failure the stream is closed.</summary>
    internal static Task<TlsTransport> AcceptAsync(
        Transport inner, SslServerAuthenticationOptions options, CancellationToken cancellationToken, PeerCheck? check = null)
    {
        options.CertificateChainPolicy ??= new CertificateExpectation { IsClient = true }.ChainPolicy();
        options.AllowRenegotiation = false;
        return HandshakeAsync(
            inner, stream => stream.AuthenticateAsServerAsync(options, cancellationToken), check, verdict: null, cancellationToken);
    }

    internal override bool NeedsCloseNotify => true;

    internal override ISendWaits? SendWaits
    {
        get => _inner.SendWaits;
        set => _inner.SendWaits = value;
    }

    internal override bool IsKnownBroken => _inner.IsKnownBroken;

    private protected override bool HasReceivedEnd => _ended && !_gate.Interrupted.IsCancellationRequested;

    internal override bool WasCut => HasReceivedEnd && _gate.IsInnerEnd;

    internal override bool SawReset => base.SawReset || _inner.SawReset;

    internal override Action? Broken
    {
        get => _inner.Broken;
        set => _inner.Broken = value;
    }

    internal override bool IsTurnOver => _inner.IsTurnOver;

    internal override ValueTask NextTurnAsync() => _inner.NextTurnAsync();

    internal override async ValueTask WaitReadableAsync(CancellationToken cancellationToken)
    {
        if (_start < _end || _ended)
        {
            return;
        }

        using CancellationTokenSource? either = Either(cancellationToken);
        CancellationToken token = either?.Token ?? _gate.Interrupted.Token;
        try
        {
            // The empty read waits without holding a buffer.
            await _stream.ReadAsync(Memory<byte>.Empty, token).ConfigureAwait(false);
            _buffer ??= ArrayPool<byte>.Shared.Rent(RecordBytes);
            _start = 0;
            _end = 0;
            _end = await _stream.ReadAsync(_buffer, token).ConfigureAwait(false);
            _ended = _end == 0;
            _gate.NoteDecrypted(_end);
            if (!_ended)
            {
                _verdict?.Accept();
            }
            else if (_gate.IsInnerEnd && _verdict?.ExplainEnd() is { } fault)
            {
                throw fault;
            }
        }
        catch (OperationCanceledException) when (_gate.Interrupted.IsCancellationRequested)
        {
            _ended = true;
        }
        catch (Exception error) when (!_gate.Interrupted.IsCancellationRequested && _verdict?.Explain(error) is { } fault)
        {
            throw fault;
        }
        finally
        {
            _gate.EndRead();
            ReturnBufferIfEmpty();
        }
    }

    internal override async ValueTask PollAsync()
    {
        _gate.Waits = false;
        try
        {
            await WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException { InnerException: OperationCanceledException })
        {
            // No whole record has arrived.
        }
        finally
        {
            _gate.Waits = true;
        }
    }

    private protected override int ReceiveNow(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _end - _start);
        if (count == 0)
        {
            return _ended ? 0 : -1;
        }

        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        ReturnBufferIfEmpty();
        return count;
    }

    /// <summary>TLS has to encrypt a record first, so nothing is sent at once.</summary>
    private protected override int SendNow(ReadOnlySpan<byte> data) => 0;

    private protected override async ValueTask SendAllAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        using CancellationTokenSource? either = Either(cancellationToken);
        CancellationToken token = either?.Token ?? _gate.Interrupted.Token;
        bool isSent = false;
        try
        {
            // Where there is room, nothing would look at the token, and a record would follow half of another.
            token.ThrowIfCancellationRequested();
            await _stream.WriteAsync(data, token).ConfigureAwait(false);
            isSent = true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.Shutdown);
        }
        catch (Exception error) when (!_gate.Interrupted.IsCancellationRequested && _verdict?.Explain(error) is { } fault)
        {
            throw fault;
        }
        finally
        {
            _maySendEnd &= isSent;
        }
    }

    internal override async ValueTask ShutdownSendAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource? either = Either(cancellationToken);
        await FinishAsync(either?.Token ?? _gate.Interrupted.Token).ConfigureAwait(false);
    }

    internal override void Interrupt()
    {
        _gate.Interrupted.Cancel();
        if (_isClosing)
        {
            _inner.Interrupt();
        }
    }

    /// <summary>The graceful close continues below TLS, which an interruption has not reached.</summary>
    private protected override void Resume() => _isClosing = true;

    private protected override ValueTask DrainAsync(CancellationToken cancellationToken) => _inner.DiscardAsync(cancellationToken);

    private protected override async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        // After half a record, an alert would be read as the rest of it.
        if (_maySendEnd)
        {
            _maySendEnd = false;
            ReadOnlyMemory<byte> end = await SealEndAsync(cancellationToken).ConfigureAwait(false);
            await _inner.SendAsync(end, cancellationToken).ConfigureAwait(false);
        }

        await base.FinishAsync(cancellationToken).ConfigureAwait(false);
    }

    public override void Dispose()
    {
        EndTap();
        if (IsReset)
        {
            // The stream would shut down the socket gracefully first.
            base.Dispose();
        }

        _stream.Dispose();
        base.Dispose();
    }

    private static async Task<TlsTransport> HandshakeAsync(
        Transport inner, Func<SslStream, Task> authenticate, PeerCheck? check, OwnCertificateVerdict? verdict,
        CancellationToken cancellationToken)
    {
        TlsGate gate = new(inner);
        SslStream stream = new(gate);

        // In the thread pool. At the time limit it is abandoned, because the certificate check cannot be aborted.
        Task handshake = Task.Run(() => authenticate(stream), CancellationToken.None);
        try
        {
            await handshake.WaitAsync(cancellationToken).ConfigureAwait(false);
            gate.EndHandshake();
            if (stream.LocalCertificate is not null)
            {
                verdict?.NoteSent();
            }

            return new TlsTransport(inner, stream, gate, check, verdict);
        }
        catch
        {
            if (gate.HasSentCertificate)
            {
                verdict?.NoteSent();
            }

            inner.Dispose();
            _ = handshake.ContinueWith(
                static (ended, stream) =>
                {
                    _ = ended.Exception;
                    ((SslStream)stream!).Dispose();
                },
                stream,
                TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>The close_notify alert, which ends the stream (RFC 8446, section 6.1); empty if OpenSSL refuses to make one.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> SealEndAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt <= MostShutdownAttempts; attempt++)
        {
            try
            {
                return await _gate.CaptureAsync(_stream.ShutdownAsync).ConfigureAwait(false);
            }
            catch (CryptographicException)
            {
                // OpenSSL refuses while only half of the peer's session ticket has arrived (RFC 8446, section 4.6.1). The
                // rest will come soon.
                await Task.Delay(attempt, cancellationToken).ConfigureAwait(false);
            }
        }

        return default;
    }

    /// <summary>A source that the caller's token cancels as well; null if that token can never be cancelled.</summary>
    private CancellationTokenSource? Either(CancellationToken cancellationToken)
        => cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(_gate.Interrupted.Token, cancellationToken)
            : null;

    private void ReturnBufferIfEmpty()
    {
        if (_start == _end && _buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
            _start = _end = 0;
        }
    }
}
