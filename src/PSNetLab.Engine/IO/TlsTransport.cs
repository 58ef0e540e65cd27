using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;

namespace PSNetLab.Engine.IO;

/// <summary>A socket under TLS (RFC 8446).</summary>
internal sealed partial class TlsTransport : Transport
{
    private const int RecordBytes = 16 * 1024;

    // SslStream reads ahead, and does not say how much.
    private const int MostUndecrypted = 4 * RecordBytes;

    private readonly Transport _inner;
    private readonly SslStream _stream;
    private readonly TlsGate _gate;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private readonly OwnCertificateVerdict? _verdict;
    private bool _ended;

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

    internal override bool IsAtEnd() => _ended && _start == _end;

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

    internal override long Waiting => _end - _start + MostUndecrypted + _inner.Waiting;

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
