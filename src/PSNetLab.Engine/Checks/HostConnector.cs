using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>Connects to the first address of a host that accepts, for checks that then talk to it.</summary>
internal static class HostConnector
{
    /// <summary>A connection.</summary>
    /// <param name="Remote">The address and port.</param>
    /// <param name="Transport">The connection.</param>
    /// <param name="Duration">How long the attempt took.</param>
    internal sealed record Connection(IPEndPoint Remote, Transport Transport, TimeSpan Duration);

    /// <summary>Connects.</summary>
    /// <param name="host">The host as it was given.</param>
    /// <param name="port">The port.</param>
    /// <param name="resolution">What became of its name.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NetLabException">The name has no address, or no address accepts.</exception>
    internal static async Task<Connection> ConnectAsync(
        string host, int port, Resolution resolution, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (resolution.Fault is not null)
        {
            throw resolution.Fault;
        }

        (Transport? connected, IReadOnlyList<ConnectAttempt> attempts) = await StreamConnector.ConnectAsync(
            Array.ConvertAll(resolution.Addresses, address => new IPEndPoint(address, port)), null, timeout, cancellationToken)
            .ConfigureAwait(false);
        if (connected is not null)
        {
            return new Connection((IPEndPoint)attempts[^1].EndPoint, connected, attempts[^1].Duration);
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw Unreached(host, port, attempts, timeout);
    }

    private static NetLabException Unreached(string host, int port, IReadOnlyList<ConnectAttempt> attempts, TimeSpan timeout)
    {
        SocketException told = attempts.Select(static attempt => (SocketException)attempt.Error!)
            .MinBy(error => TcpPortCheck.Rank(TcpProbe.Explain(error, timeout).Status))!;
        IEnumerable<string> each = attempts.Select(
            static attempt => $"{((IPEndPoint)attempt.EndPoint).Address} ({SocketFaults.Connect(attempt.Error!).Words})");
        string all = attempts.Count > 1 ? $" Tried {string.Join("; ", each)}." : string.Empty;
        return new NetLabException(
            SocketFaults.Connect(told).Kind,
            $"Cannot connect to {Addresses.Join(host, port)}: {TcpProbe.Explain(told, timeout).Reason}{all}",
            told);
    }
}
