using System.Security.Cryptography;

namespace PSNetLab.Engine.IO;

/// <content>How the stream ends: gracefully, or interrupted.</content>
internal sealed partial class TlsTransport
{
    private const int MostShutdownAttempts = 10;

    private bool _maySendEnd = true;
    private volatile bool _isClosing;

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
}
