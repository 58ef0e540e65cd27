using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>
/// Sends the rest of a request to the upstream while its answer is passed on: neither waits for the other, and each holds one
/// piece. Dispose of it before the body and the upstream.
/// </summary>
internal sealed class Upload : IAsyncDisposable
{
    // How long the client's body is held back for an upstream that says nothing about it (RFC 9110, section 10.1.1).
    private static readonly TimeSpan s_continueWait = TimeSpan.FromSeconds(1);

    private readonly HttpExchange _exchange;
    private readonly UpstreamConnection _upstream;
    private readonly RequestBody _body;
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource _mayContinue = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Before the answer begins, either side may have an interim one to send.
    private readonly SemaphoreSlim _telling = new(1);
    private readonly Task _sending;
    private bool _isWanted;
    private ExceptionDispatchInfo? _clientFault;

    internal Upload(HttpExchange exchange, UpstreamConnection upstream, RequestBody body)
    {
        _exchange = exchange;
        _upstream = upstream;
        _body = body;
        _isWanted = !body.AsksFirst;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(upstream.Limit);
        _sending = SendAsync();
    }

    /// <summary>Whether more of the body may follow.</summary>
    internal bool IsRunning => !_sending.IsCompleted;

    /// <summary>Whether all of the body was sent.</summary>
    internal bool HasSentAll { get; private set; }

    /// <summary>Passes on an interim answer; 100 (Continue) is the wish for the body.</summary>
    internal async ValueTask InformAsync(int status, byte[] fieldLines)
    {
        if (status == 100)
        {
            _mayContinue.TrySetResult();
            return;
        }

        await _telling.WaitAsync().ConfigureAwait(false);
        try
        {
            await _exchange.InformAsync(status, fieldLines).ConfigureAwait(false);
        }
        finally
        {
            _telling.Release();
        }
    }

    /// <summary>Prepares for the answer: one that refuses, or comes before the body was asked for, ends the upload.</summary>
    internal async ValueTask BeginAnswerAsync(int status)
    {
        const int LeastRefusing = 300;
        await _telling.WaitAsync().ConfigureAwait(false);
        if (status >= LeastRefusing || !_isWanted)
        {
            await StopAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Completes when everything was sent, or the upstream takes no more.</summary>
    internal Task FinishAsync() => _sending;

    /// <summary>Whether the upload ended because the client has left, or its body is malformed.</summary>
    internal bool HasClientFailed => _clientFault is not null;

    /// <summary>Throws what happened to the client, if anything did.</summary>
    internal void ThrowIfClientFailed() => _clientFault?.Throw();

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
        _telling.Dispose();
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
    }

    private async Task SendAsync()
    {
        try
        {
            await _upstream.FlushAsync(_stop.Token).ConfigureAwait(false);
            if (_body.AsksFirst)
            {
                await AskAsync().ConfigureAwait(false);
            }

            while (!_body.IsRead)
            {
                _upstream.Pause(Side.Upload);
                await OfClientAsync(_body.ReadAsync(_upstream.Output, _stop.Token)).ConfigureAwait(false);
                _upstream.Renew(Side.Upload);
                await _upstream.FlushAsync(_stop.Token).ConfigureAwait(false);
            }

            HasSentAll = true;
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // It is not wanted any more: the upstream takes no more, but may have answered; or the client has failed, which is noted.
        }
        finally
        {
            _upstream.Renew(Side.Upload);
        }
    }

    /// <summary>Asks the client, which waits for that, for the body.</summary>
    private async ValueTask AskAsync()
    {
        await Task.WhenAny(_mayContinue.Task, Task.Delay(s_continueWait, _stop.Token)).ConfigureAwait(false);
        await _telling.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            _isWanted = true;
            await OfClientAsync(_exchange.ContinueAsync().AsTask()).ConfigureAwait(false);
        }
        finally
        {
            _telling.Release();
        }
    }

    private async ValueTask OfClientAsync(Task work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The client has left, or its body is malformed: no answer is needed any more.
            _clientFault = ExceptionDispatchInfo.Capture(error);
            _upstream.Cancel();
            throw;
        }
    }
}
