using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Http.Server;

/// <summary>One connection of a web server: reads requests one after the other, and answers them in order.</summary>
internal sealed partial class HttpConnection : IServedConnection
{
    private readonly Transport _transport;
    private readonly HttpServerOptions _options;
    private readonly IHttpHandler _handler;
    private readonly IServerHost _host;
    private readonly bool _isTurnedAway;
    private readonly RequestHead _request = new();
    private readonly HttpExchange _exchange;
    private readonly ReceiveBuffer _received = new();
    private int _phase = (int)Phase.Idle;
    private int _unacknowledged;
    private Totals _totals;
    private long _bytesReceived;
    private long _since;

    /// <param name="transport">The stream; it is closed at the end of <see cref="ServeAsync"/>.</param>
    /// <param name="options">The server's options.</param>
    /// <param name="handler">Makes the answers.</param>
    /// <param name="host">The server.</param>
    /// <param name="isTurnedAway">Whether to answer every request with 503, because there are too many connections.</param>
    internal HttpConnection(Transport transport, HttpServerOptions options, IHttpHandler handler, IServerHost host, bool isTurnedAway)
    {
        _transport = transport;
        RemoteEndPoint = Addresses.OfSocket(transport.RemoteEndPoint);
        _options = options;
        _handler = handler;
        _host = host;
        _isTurnedAway = isTurnedAway;
        _exchange = new HttpExchange(this, _request);
        _since = options.Clock.GetTimestamp();
        transport.SendWaits = options.Observer is null ? null : this;
    }

    /// <summary>What the connection is doing. Each phase has its own time limit.</summary>
    private enum Phase
    {
        /// <summary>Waiting for a request.</summary>
        Idle,

        /// <summary>Waiting for the rest of a request.</summary>
        Receiving,
        Working,
        Sending,

        /// <summary>The rest of the request did not arrive in time.</summary>
        Expired,
        Ended,
    }

    internal int Id => _transport.Id;

    public long IdleMilliseconds => Current == Phase.Working ? 0 : (long)Elapsed.TotalMilliseconds;

    internal IPEndPoint RemoteEndPoint { get; }

    internal bool HasLeft => Current == Phase.Ended || _transport.IsBroken;

    /// <remarks>What is received is counted apart: a handler may send while it reads.</remarks>
    public Totals Totals
    {
        get => _totals with { BytesReceived = Volatile.Read(ref _bytesReceived) };
        private set => _totals = value;
    }

    /// <summary>The time since the deadline was last renewed.</summary>
    private TimeSpan Elapsed => _options.Clock.GetElapsedTime(Volatile.Read(ref _since));

    private Phase Current => (Phase)Volatile.Read(ref _phase);

    public void BeginStop()
    {
        if (TryChange(Phase.Idle, Phase.Ended))
        {
            _transport.Interrupt();
        }

        // IsStopping was set before: either this finds the source, or whoever makes it finds that.
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _ending)?.Cancel();
    }

    public void Abort()
    {
        Volatile.Write(ref _phase, (int)Phase.Ended);
        _transport.Abort();
        EndDelays();
    }

    /// <summary>Ends a phase that has taken too long. The server calls this from time to time.</summary>
    public void CheckDeadline()
    {
        // Read before the time: Touch renews the time first, so a new phase is never judged by the time of the old one.
        Phase phase = Current;
        bool awaitsBody = _awaitsBody;
        if (phase == Phase.Sending && _transport.HasProgressed(ref _unacknowledged))
        {
            Renew();
        }

        if (phase == Phase.Working)
        {
            CheckReset();
        }

        TimeSpan elapsed = Elapsed;
        TimeSpan limit = phase switch
        {
            Phase.Idle => Totals.MessagesReceived == 0 ? _options.RequestTimeout : _options.KeepAliveTimeout,
            Phase.Receiving or Phase.Sending => _options.RequestTimeout,
            Phase.Working when awaitsBody => _options.RequestTimeout - TimeSpan.FromTicks(Volatile.Read(ref _ticksAwaited)),
            _ => TimeSpan.MaxValue,
        };
        bool isOver = elapsed > limit && phase switch
        {
            Phase.Idle => TryChange(phase, Phase.Ended),
            Phase.Receiving or Phase.Working => TryChange(phase, Phase.Expired),
            _ => true,
        };
        if (isOver)
        {
            _transport.Interrupt();
        }
    }

    /// <summary>Serves the connection to its end and closes it.</summary>
    public async Task ServeAsync()
    {
        try
        {
            if (await AnswerAllAsync().ConfigureAwait(false))
            {
                _received.Dispose();
                Touch(Phase.Ended);
                await _transport.CloseAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The client has left. That is not an error, and nobody is left to receive an answer.
        }
        finally
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref _phase, (int)Phase.Ended);
        TellBroken();
        ReleaseBody();
        _exchange.Close();
        _received.Dispose();
        _transport.Dispose();
    }

    /// <returns>
    /// Whether the connection needs a graceful close: over TLS, or when the client may still be sending. A plain close
    /// would then reset the connection before the client has read the last answer (RFC 9112, section 9.6).
    /// </returns>
    private async Task<bool> AnswerAllAsync()
    {
        bool isSecure = _transport.NeedsCloseNotify;
        Phase waiting = Phase.Idle;
        long answered = -1;
        while (true)
        {
            // The time limit of a request runs from its first byte, however many pieces it arrives in, and not anew from empty lines.
            bool begins = waiting == Phase.Idle && _request.HasStarted;
            waiting = _request.HasStarted ? Phase.Receiving : Phase.Idle;
            if (begins || answered != Totals.MessagesReceived)
            {
                answered = Totals.MessagesReceived;
                Renew();
            }

            Step? came;
            do
            {
                if (!TryBeginWait(waiting))
                {
                    return isSecure;
                }

                await _transport.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
                came = ReceiveAndAnswer(waiting);
            }
            while (came is null);

            Step step = came.Value;
            while (step is Step.NeedsTime or Step.NeedsTurn)
            {
                if (step == Step.NeedsTime)
                {
                    await AnswerAsync().ConfigureAwait(false);
                }

                if (_received.Count > 0 && _transport.IsTurnOver)
                {
                    await _transport.NextTurnAsync().ConfigureAwait(false);
                }

                step = _last ? Step.Last : AnswerKept();
            }

            if (step is Step.Gone or Step.Last)
            {
                return !_isReset && (isSecure || (step == Step.Last && (_received.Count > 0 || _hasUnreadBody)));
            }
        }
    }

    /// <summary>Starts the time limit of the current phase anew.</summary>
    private void Renew() => Volatile.Write(ref _since, _options.Clock.GetTimestamp());

    private void Touch(Phase phase)
    {
        Renew();
        Volatile.Write(ref _ticksAwaited, 0);
        Volatile.Write(ref _phase, (int)phase);
    }

    private bool TryChange(Phase from, Phase to) => Interlocked.CompareExchange(ref _phase, (int)to, (int)from) == (int)from;
}
