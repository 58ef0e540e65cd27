using System.Diagnostics;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Proxies;

/// <content>The connection to the server, and faults that come at a moment.</content>
internal sealed partial class TcpProxySession
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);

    private PreciseDelay? _clock;
    private bool _isHolding;

    /// <summary>Ends what faults say must end now.</summary>
    internal void FireEvents() => WatchClock(FireEvents(Stopwatch.GetTimestamp()));

    /// <summary>Ends what must end because of a chunk that is about to be sent.</summary>
    /// <param name="pipe">The direction of the chunk.</param>
    /// <param name="chosen">The faults whose scripts have chosen it.</param>
    internal void FireEvents(ProxyPipe pipe, ActiveFault[] chosen)
    {
        foreach (ActiveFault fault in chosen)
        {
            if (fault.IsEvent && !HasEnded && Array.IndexOf(Faults.Of(pipe.Direction), fault) >= 0)
            {
                Fire(fault, pipe);
            }
        }
    }

    /// <returns>When the next fault comes by the clock.</returns>
    private long FireEvents(long now)
    {
        long next = PreciseDelay.Never;
        foreach (ProxyPipe pipe in new Pipes(this))
        {
            foreach (ActiveFault fault in Faults.Of(pipe.Direction))
            {
                if (HasEnded)
                {
                    return PreciseDelay.Never;
                }

                if (!fault.IsEvent || fault.Script is not null)
                {
                    continue;
                }

                if (fault.IsActive(pipe.Passed, now))
                {
                    Fire(fault, pipe);
                }
                else if (fault.BeginsAt > now)
                {
                    next = Math.Min(next, fault.BeginsAt);
                }
            }
        }

        return next;
    }

    private void Fire(ActiveFault fault, ProxyPipe pipe)
    {
        if (!fault.TryUse())
        {
            return;
        }

        if (fault.Kind != NetFaultKind.HalfClose)
        {
            bool isReset = fault.Kind == NetFaultKind.Reset;
            End(ProxyCloseReason.Fault, fault.Fault.ToString(), isReset, isGraceful: !isReset, fault);
        }
        else if (pipe.Cut())
        {
            fault.Hit();
        }
    }

    /// <summary>Sees to it that faults which come by the clock come, even while nothing is sent.</summary>
    private void WatchClock(long next)
    {
        if (next != PreciseDelay.Never && Volatile.Read(ref _clock) is null
            && Interlocked.CompareExchange(ref _clock, new PreciseDelay(), null) is null)
        {
            _ = RunClockAsync(_clock);
        }
    }

    private async Task RunClockAsync(PreciseDelay clock)
    {
        try
        {
            while (!HasEnded)
            {
                clock.Clear();
                long next = FireEvents(Stopwatch.GetTimestamp());
                if (!HasEnded)
                {
                    await clock.UntilAsync(next).ConfigureAwait(false);
                }
            }
        }
        catch (Exception error)
        {
            Fail(error, null);
        }
        finally
        {
            clock.Dispose();
        }
    }

    /// <summary>Connects to the server; null if the connection has ended, as it does without a server.</summary>
    private async ValueTask<Transport?> DialAsync()
    {
        while (!HasEnded)
        {
            try
            {
                Transport upstream = await StreamDialer.DialAsync(_options.Upstream, _ending.Token).ConfigureAwait(false);
                Connection.Upstream = Addresses.OfSocket(upstream.RemoteEndPoint);
                Connection.UpstreamTls = upstream.Tls;
                Volatile.Write(ref _upstream, upstream);
                Watch(upstream);
                Touch();
                if (_isHolding)
                {
                    _client.AskIfThere(null);
                }

                return HasEnded ? null : upstream;
            }
            catch (OperationCanceledException) when (HasEnded)
            {
                return null;
            }
            catch (NetLabException fault)
            {
                await OnNoUpstreamAsync(fault).ConfigureAwait(false);
            }
        }

        return null;
    }

    private async Task OnNoUpstreamAsync(NetLabException fault)
    {
        if (HasEnded)
        {
            return;
        }

        if (!_isHolding)
        {
            _options.UpstreamFailed?.Invoke(Connection, fault);
        }

        if (_options.WhenUpstreamFails == UpstreamFailure.Hold)
        {
            await HoldAsync(fault).ConfigureAwait(false);
            return;
        }

        bool isReset = _options.WhenUpstreamFails == UpstreamFailure.Reset;
        End(ProxyCloseReason.UpstreamFailed, fault.Message, isReset, isGraceful: !isReset);
    }

    /// <summary>Waits until the server is tried again, unless the client has left.</summary>
    private async Task HoldAsync(NetLabException fault)
    {
        if (!_isHolding)
        {
            // Of a client that has asked and ended its stream, only its system knows whether it still waits for an answer.
            _isHolding = true;
            _client.AskIfThere(_options.WaitingSilence);
        }

        await Task.Delay(s_retry, _options.Clock, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await _client.PollAsync().ConfigureAwait(false);
            if (!HasEnded && _client.IsAtEnd())
            {
                End(
                    ProxyCloseReason.UpstreamFailed, $"The client left before the server accepted. {fault.Message}", isGraceful: true);
            }
        }
        catch (Exception error)
        {
            Fail(error, _client);
        }
    }

    /// <summary>Both directions, without an allocation.</summary>
    private ref struct Pipes(TcpProxySession session)
    {
        private int _next;

        public readonly ProxyPipe Current => _next == 1 ? session.ToServer : session.ToClient;

        public readonly Pipes GetEnumerator() => this;

        public bool MoveNext() => ++_next <= 2;
    }
}
