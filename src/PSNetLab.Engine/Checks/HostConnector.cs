using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>Connects to the first address of a host that accepts, for checks that then talk to it.</summary>
internal static class HostConnector
{
    /// <summary>The outcome of an attempt.</summary>
    /// <param name="Remote">The address and port.</param>
    /// <param name="Connected">The connection; null if there is none.</param>
    /// <param name="Error">Why there is none.</param>
    /// <param name="Duration">How long the attempt took.</param>
    internal sealed record Attempt(IPEndPoint Remote, Transport? Connected, SocketException? Error, TimeSpan Duration);

    /// <summary>Connects.</summary>
    /// <param name="host">The host as it was given.</param>
    /// <param name="port">The port.</param>
    /// <param name="resolution">What became of its name.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The attempt that succeeded.</returns>
    /// <exception cref="NetLabException">The name has no address, or no address accepts.</exception>
    internal static async Task<Attempt> ConnectAsync(
        string host, int port, Resolution resolution, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (resolution.Fault is not null)
        {
            throw resolution.Fault;
        }

        long began = Stopwatch.GetTimestamp();
        List<Task<Attempt>> all = [];
        Attempt? won = null;
        try
        {
            var (ended, _) = await AddressRace.RunAsync(
                resolution.Addresses.Length, Start, static attempt => attempt.Connected is not null, cancellationToken)
                .ConfigureAwait(false);
            won = ended[^1].Connected is null ? null : ended[^1];
            return won ?? throw Unreached(host, port, ended, timeout);
        }
        finally
        {
            // Whoever has the result finds no other socket of it open.
            await ((Task)Task.WhenAll(all)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (Task<Attempt> other in all.Where(one => one.IsCompletedSuccessfully && one.Result != won))
            {
                other.Result.Connected?.Dispose();
            }
        }

        Task<Attempt>? Start(int index, CancellationToken lost)
        {
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(began);
            if (index > 0 && left <= TimeSpan.Zero)
            {
                return null;
            }

            all.Add(TryAsync(new IPEndPoint(resolution.Addresses[index], port), left, lost));
            return all[^1];
        }
    }

    private static async Task<Attempt> TryAsync(IPEndPoint remote, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        (Transport? connected, SocketException? error)
            = await ProbeConnector.ConnectAsync(remote, timeout, cancellationToken).ConfigureAwait(false);
        TimeSpan duration = Stopwatch.GetElapsedTime(started);
        if (connected is not null && Addresses.OfSocket(connected.LocalEndPoint).Equals(remote))
        {
            // It has connected to itself: nobody listens there. A graceful close would keep the port for a minute.
            connected.ResetOnDispose();
            connected.Dispose();
            return new Attempt(remote, null, new SocketException((int)SocketError.ConnectionRefused), duration);
        }

        return new Attempt(remote, connected, error, duration);
    }

    private static NetLabException Unreached(string host, int port, List<Attempt> ended, TimeSpan timeout)
    {
        Attempt told = ended.MinBy(attempt => TcpPortCheck.Rank(TcpProbe.Explain(attempt.Error!, timeout).Status))!;
        IEnumerable<string> each = ended.Select(attempt => $"{attempt.Remote.Address} ({SocketFaults.Connect(attempt.Error!).Words})");
        string all = ended.Count > 1 ? $" Tried {string.Join("; ", each)}." : string.Empty;
        return new NetLabException(
            SocketFaults.Connect(told.Error!).Kind,
            $"Cannot connect to {Addresses.Join(host, port)}: {TcpProbe.Explain(told.Error!, timeout).Reason}{all}",
            told.Error);
    }
}
