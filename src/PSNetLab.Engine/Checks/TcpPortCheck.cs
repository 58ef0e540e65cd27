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

    internal int Count { get; init; } = 1;

    internal TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Checks a port of a host, once or repeatedly.</summary>
internal sealed class TcpPortCheck(TcpPortCheckOptions options, CheckedName name, int port) : ICheck
{
    /// <inheritdoc/>
    public async ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
    {
        Resolution resolution = await name.ResolveAsync().ConfigureAwait(false);
        for (int attempt = 1; attempt <= options.Count; attempt++)
        {
            long started = Stopwatch.GetTimestamp();
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
                await rows.AddAsync(
                    await TryAnyAsync(options.Probe, name.Text, port, resolution, attempt, options.Timeout, cancellationToken)
                    .ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }

            TimeSpan pause = options.Interval - Stopwatch.GetElapsedTime(started);
            if (attempt < options.Count && pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Tries the addresses of a name until one accepts; tells the most telling failure if none does.</summary>
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
        List<Task<TcpPortResult>> all = [];
        try
        {
            var (ended, _) = await AddressRace.RunAsync(
                addresses.Length, Start, static result => result.Open, cancellationToken).ConfigureAwait(false);
            return ended[^1].Open ? ended[^1] : MostTelling(ended);
        }
        finally
        {
            // Whoever has the result finds no socket of it open.
            await ((Task)Task.WhenAll(all)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Task<TcpPortResult>? Start(int index, CancellationToken lost)
        {
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(began);
            if (index > 0 && left <= TimeSpan.Zero)
            {
                return null;
            }

            all.Add(probe.TryAsync(name, resolution, new IPEndPoint(addresses[index], port), attempt, left, lost).AsTask());
            return all[^1];
        }
    }

    private async ValueTask TryEachAsync(
        IMessageSink<object> rows, Resolution resolution, int attempt, CancellationToken cancellationToken)
        => await Task.WhenAll(resolution.Addresses.Select(async address => await rows.AddAsync(await options.Probe
            .TryAsync(name.Text, resolution, new IPEndPoint(address, port), attempt, options.Timeout, cancellationToken)
            .ConfigureAwait(false), cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);

    /// <summary>The failure that says most about the service; the reason names them all.</summary>
    private static TcpPortResult MostTelling(List<TcpPortResult> failed)
    {
        TcpPortResult most = failed.MinBy(result => Rank(result.Status))!;
        if (failed.Exists(result => result.Status != most.Status))
        {
            most.Reason = $"{most.Reason} Tried {string.Join("; ", failed.Select(result => $"{result.Address} ({result.Status})"))}.";
        }

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
