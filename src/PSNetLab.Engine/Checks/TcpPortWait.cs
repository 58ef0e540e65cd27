using System.Diagnostics;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>What to wait for.</summary>
internal sealed record TcpPortWaitOptions
{
    internal static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(20);

    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Watches an open port for a short time only: whoever waits wants to go on.</summary>
    internal TcpProbe Probe { get; init; } = new() { Settle = Settle, SharesTime = true };

    internal TimeSpan Timeout { get; init; } = DefaultTimeout;

    internal TcpPortState State { get; init; }

    /// <summary>How long the port must be in that state.</summary>
    internal TimeSpan Stable { get; init; }

    /// <summary>What the banner of an open port must match.</summary>
    internal Regex? Banner { get; init; }

    internal TryGate Gate { get; init; } = new(CheckRun.DefaultThrottle);
}

/// <summary>How waiting for a port ended: with the test that found it in the state, or with a fault.</summary>
internal sealed record TcpPortWaitOutcome(string Target, TcpPortResult? Found, NetLabException? Fault);

/// <summary>Tries a port again and again until it is in a state.</summary>
internal sealed class TcpPortWait(TcpPortWaitOptions options, CheckedName name, int port) : ICheck
{
    // A name that is not there yet, or moves, is found after this time.
    private static readonly TimeSpan s_longestResolution = TimeSpan.FromSeconds(1);

    // A host that starts does not answer what was sent before, so an attempt is given up soon; later ones wait longer, for slow paths.
    private static readonly TimeSpan s_firstTry = TimeSpan.FromSeconds(1);
    private const int MostTrySeconds = 3;

    // What the end of the time cuts shorter than about the first attempt has not heard that the port is silent.
    private static readonly TimeSpan s_leastSilence = s_firstTry * 0.9;

    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    // What attempts cost, at the most: a tenth of the time of one port, and of all ports together so many a second.
    private const int CostFactor = 10;
    private const double TriesPerMillisecond = 5;

    private readonly Dictionary<TcpPortStatus, int> _seen = [];

    // The last one that came: the attempt that the end of the time cuts off has none.
    private string _banner = string.Empty;

    private string Target => Addresses.Join(name.Text, port);

    /// <inheritdoc/>
    public async ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
    {
        options.Gate.Join();
        try
        {
            await rows.AddAsync(await WaitAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            options.Gate.Quit();
        }
    }

    private async ValueTask<TcpPortWaitOutcome> WaitAsync(CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        long lastAt = began;
        long since = 0;
        int timedOut = 0;
        TcpPortResult? last = null;
        bool isHeldUp = false;
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan left = options.Timeout - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                return new TcpPortWaitOutcome(Target, null, Fault(last, lastAt, isHeldUp));
            }

            int seconds = options.Banner is null ? Math.Min(timedOut + 1, MostTrySeconds) : MostTrySeconds;
            long tried = Stopwatch.GetTimestamp();
            (TcpPortResult? result, isHeldUp) = await TryAsync(
                attempt, s_firstTry * seconds, left, cancellationToken).ConfigureAwait(false);
            if (result is null || (result.IsCutShort && last is not null))
            {
                continue; // the time ran out before the port could say anything
            }

            last = result;
            await LoopThread.Leave();
            lastAt = Stopwatch.GetTimestamp();
            _banner = last.Text is { Length: > 0 } text ? text : _banner;
            _seen[last.Status] = _seen.GetValueOrDefault(last.Status) + 1;
            timedOut = last.Status == TcpPortStatus.TimedOut ? timedOut + 1 : 0;
            TimeSpan pause = Pause(last, Stopwatch.GetElapsedTime(tried));
            if (IsReached(last))
            {
                since = since == 0 ? lastAt : since;
                TimeSpan rest = options.Stable - Stopwatch.GetElapsedTime(since);
                if (rest <= TimeSpan.Zero)
                {
                    return new TcpPortWaitOutcome(Target, last, null);
                }

                pause = Least(pause, rest);
            }
            else
            {
                since = 0;
            }

            left = options.Timeout - Stopwatch.GetElapsedTime(began);
            await Task.Delay(Least(pause, left > TimeSpan.Zero ? left : TimeSpan.Zero), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes an attempt; null if the time runs out before, and whether only the gate was in the way.</summary>
    private async ValueTask<(TcpPortResult? Result, bool IsHeldUp)> TryAsync(
        int attempt, TimeSpan most, TimeSpan left, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        Resolution resolution;
        try
        {
            resolution = await name.ResolveAsync(s_longestResolution).WaitAsync(left, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return (null, false);
        }

        if (resolution.Addresses.Length == 0)
        {
            return (TcpProbe.NoAddress(name.Text, port, resolution, attempt), false);
        }

        if (!await options.Gate.EnterAsync(Left(), cancellationToken).ConfigureAwait(false))
        {
            return (null, true);
        }

        try
        {
            TimeSpan time = Least(most, Left());
            TcpPortResult result = await TcpPortCheck.TryAnyAsync(
                options.Probe, name.Text, port, resolution, attempt, time, cancellationToken).ConfigureAwait(false);
            result.IsCutShort = time < s_leastSilence && !result.Open && result.LacksAnswers;
            return (result, false);
        }
        finally
        {
            options.Gate.Leave();
        }

        TimeSpan Left() => left - Stopwatch.GetElapsedTime(began) is var rest && rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    private bool IsReached(TcpPortResult result) => options.State == TcpPortState.Open
        ? result.Open && (options.Banner is null || Patterns.IsMatch(options.Banner, result.Text ?? string.Empty))
        : result is { Remote: not null, IsDoubtful: false, IsCutShort: false }
            && result.Status is TcpPortStatus.Refused or TcpPortStatus.ClosedAtOnce or TcpPortStatus.TimedOut or TcpPortStatus.Unreachable;

    /// <summary>
    /// The time to the next attempt: short where one costs little, longer where it takes long or many ports are waited for.
    /// </summary>
    private TimeSpan Pause(TcpPortResult result, TimeSpan took)
    {
        TimeSpan cost = result.Status == TcpPortStatus.TimedOut ? TimeSpan.Zero : (result.Latency ?? took) * CostFactor;
        TimeSpan share = TimeSpan.FromMilliseconds(options.Gate.Waiting / TriesPerMillisecond);
        TimeSpan pause = cost > share ? cost : share;
        return pause < s_shortestPause ? s_shortestPause : Least(pause, s_longestPause);
    }

    private NetLabException Fault(TcpPortResult? last, long lastAt, bool isHeldUp)
    {
        string wanted = options.State == TcpPortState.Open ? "open" : "closed";
        string stable = options.Stable > TimeSpan.Zero ? $"for {TimeText.Milliseconds(options.Stable)} at a time " : string.Empty;
        string beginning = $"{Target} was not {wanted} {stable}within {TimeText.Seconds(options.Timeout)}";
        if (last is null)
        {
            return new NetLabException(
                FaultKind.WaitTimeout,
                isHeldUp
                    ? $"{beginning}: it was not even tried, because its turn did not come. Raise -ThrottleLimit or -TimeoutSec."
                    : $"{beginning}: its name was not resolved in that time. Check the name server, or give an IP address.");
        }

        string seen = string.Join(
            ", ",
            _seen.OrderByDescending(entry => entry.Value).Select(
                entry => $"{Words(entry.Key)} {entry.Value} {(entry.Value == 1 ? "time" : "times")}"));
        string latest = $"last {Words(last.Status)} {Stopwatch.GetElapsedTime(lastAt).TotalMilliseconds:0} ms ago";
        string advice = !last.Open ? last.Reason ?? string.Empty
            : options.State == TcpPortState.Closed ? "Check that the service was told to stop."
            : options.Banner is null ? "Raise -TimeoutSec, or lower -StableMs."
            : $"Its banner, '{PeerText.Shown(_banner)}', does not match {options.Banner}.";
        return new NetLabException(FaultKind.WaitTimeout, $"{beginning}: {seen}, {latest}. {advice}".TrimEnd());
    }

    private static string Words(TcpPortStatus status) => status switch
    {
        TcpPortStatus.Open => "open",
        TcpPortStatus.Refused => "refused",
        TcpPortStatus.TimedOut => "without an answer",
        TcpPortStatus.Unreachable => "unreachable",
        TcpPortStatus.NotPermitted => "not permitted",
        TcpPortStatus.NameNotFound => "name not found",
        TcpPortStatus.ClosedAtOnce => "accepted and closed at once",
        _ => "failed",
    };

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
