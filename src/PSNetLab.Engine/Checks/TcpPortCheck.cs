using System.Diagnostics;
using System.Net;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Checks;

/// <summary>How to check ports.</summary>
internal sealed record TcpPortCheckOptions
{
    internal TcpProbe Probe { get; init; } = new();

    internal TimeSpan Timeout { get; init; } = TcpProbe.DefaultTimeout;

    /// <summary>Whether each address of a name has a row, or the first that accepts decides.</summary>
    internal bool AllAddresses { get; init; }

    internal Repetition Repetition { get; init; } = new();
}

/// <summary>Checks a port of a host, once or repeatedly.</summary>
internal sealed class TcpPortCheck(TcpPortCheckOptions options, CheckedName name, int port) : ICheck
{
    /// <inheritdoc/>
    public ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
        => options.Repetition.RunAsync(attempt => TryAsync(rows, attempt, cancellationToken), cancellationToken);

    private async ValueTask TryAsync(IMessageSink<object> rows, int attempt, CancellationToken cancellationToken)
    {
        TimeSpan mostAge = attempt == 1 ? Timeout.InfiniteTimeSpan : Repetition.MostAge;
        Resolution resolution = await name.ResolveAsync(mostAge).ConfigureAwait(false);
        if (resolution.Addresses.Length == 0)
        {
            await rows.AddAsync(TcpProbe.NoAddress(name.Text, port, resolution, attempt), cancellationToken).ConfigureAwait(false);
        }
        else if (options.AllAddresses)
        {
            await TryEachAsync(rows, resolution, attempt, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            TcpPortResult result = await TryAnyAsync(
                options.Probe, name.Text, port, resolution, attempt, options.Timeout, cancellationToken).ConfigureAwait(false);
            await rows.AddAsync(result, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tries the addresses of a name until one is open; tells the most telling failure if none is.</summary>
    internal static async ValueTask<TcpPortResult> TryAnyAsync(
        TcpProbe probe, string name, int port, Resolution resolution, int attempt, TimeSpan timeout, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = resolution.Addresses;
        if (addresses.Length == 1)
        {
            return await probe.TryAsync(
                name, resolution, new IPEndPoint(addresses[0], port), attempt, timeout, cancellationToken).ConfigureAwait(false);
        }

        long began = Stopwatch.GetTimestamp();
        List<TcpPortResult> failed = [];
        List<IPEndPoint> untried = [.. addresses.Select(address => new IPEndPoint(address, port))];
        TimeSpan left = timeout;
        do
        {
            // Only connecting is a race: whatever is sent goes to one address.
            DateTime time = DateTime.Now;
            (Transport? connected, IReadOnlyList<ConnectAttempt> made) = await StreamConnector.ConnectAsync(
                untried, null, left, cancellationToken).ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested)
            {
                // Also if an address has accepted meanwhile: the other attempts have no outcome.
                connected?.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
            }

            failed.AddRange(made.Where(static one => one.Error is not null).Select(
                one => TcpProbe.Unconnected(name, resolution, one, attempt, time, timeout)));
            if (connected is null)
            {
                break;
            }

            TcpPortResult result = await probe.TalkAsync(
                name, resolution, connected, made[^1], attempt, time, probe.TimeToTalk(timeout, began), cancellationToken)
                .ConfigureAwait(false);
            if (result.Open || probe.Send is not null)
            {
                return result;
            }

            failed.Add(result);
            untried.RemoveAll(one => made.Any(attempted => one.Equals(attempted.EndPoint)));
            left = timeout - Stopwatch.GetElapsedTime(began);
        }
        while (untried.Count > 0 && left > TimeSpan.Zero);

        return MostTelling(failed, addresses.Length);
    }

    private async ValueTask TryEachAsync(
        IMessageSink<object> rows, Resolution resolution, int attempt, CancellationToken cancellationToken)
        => await Task.WhenAll(resolution.Addresses.Select(async address => await rows.AddAsync(await options.Probe
            .TryAsync(name.Text, resolution, new IPEndPoint(address, port), attempt, options.Timeout, cancellationToken)
            .ConfigureAwait(false), cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);

    /// <summary>The failure that says most about the service; the reason names them all.</summary>
    private static TcpPortResult MostTelling(List<TcpPortResult> failed, int addresses)
    {
        TcpPortResult most = failed.MinBy(result => Rank(result.Status))!;
        if (failed.Exists(result => result.Status != most.Status))
        {
            most.Reason = $"{most.Reason} Tried {string.Join("; ", failed.Select(result => $"{result.Address} ({result.Status})"))}.";
        }

        most.IsDoubtful = failed.Exists(static result => result.Status is TcpPortStatus.NotPermitted or TcpPortStatus.Failed);
        most.LacksAnswers = failed.Count < addresses || failed.Exists(static result => result.LacksAnswers);
        return most;
    }

    /// <summary>Of several failures, the one of the lowest rank tells the most.</summary>
    internal static int Rank(TcpPortStatus status) => Array.IndexOf(s_tellingOrder, status);

    private static readonly TcpPortStatus[] s_tellingOrder =
    [
        TcpPortStatus.ClosedAtOnce,
        TcpPortStatus.Refused,
        TcpPortStatus.NotPermitted,
        TcpPortStatus.Unreachable,
        TcpPortStatus.TimedOut,
        TcpPortStatus.Failed,
    ];
}
