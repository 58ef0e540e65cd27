using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.IO;

/// <summary>The outcome of an attempt to connect to one address.</summary>
/// <param name="EndPoint">The address.</param>
/// <param name="Error">Why the attempt failed; null if it succeeded.</param>
/// <param name="Duration">The time from the start of the attempt to its outcome.</param>
internal readonly record struct ConnectAttempt(EndPoint EndPoint, Exception? Error, TimeSpan Duration);

/// <summary>Connects to the first of several addresses that accepts.</summary>
internal static class StreamConnector
{
    /// <summary>Tries the addresses in their order.</summary>
    /// <param name="endPoints">The addresses.</param>
    /// <param name="local">The address to connect from; null for any.</param>
    /// <param name="limit">Ends all attempts; the error of unfinished ones is then an OperationCanceledException.</param>
    /// <returns>
    /// The connection, or null if no address accepted; and the attempts that have an outcome, in the order in which they
    /// ended.
    /// </returns>
    internal static async Task<(Transport? Connected, IReadOnlyList<ConnectAttempt> Attempts)> ConnectAsync(
        IReadOnlyList<EndPoint> endPoints, EndPoint? local, CancellationToken limit)
    {
        var (ended, late) = await AddressRace.RunAsync(
            endPoints.Count,
            (index, lost) => limit.IsCancellationRequested ? null : TryAsync(endPoints[index], local, lost),
            static one => one.Connected is not null,
            limit).ConfigureAwait(false);
        late.ForEach(static other => other.ContinueWith(static one => one.Result.Connected?.Dispose(), TaskScheduler.Default));
        return (ended.Count > 0 ? ended[^1].Connected : null, ended.ConvertAll(static one => one.Attempt));
    }

    private static async Task<(Transport? Connected, ConnectAttempt Attempt)> TryAsync(
        EndPoint endPoint, EndPoint? local, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            (Transport? connected, SocketException? error) = local is null
                ? await ProbeConnector.ConnectAsync(
                    (IPEndPoint)endPoint, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false)
                : (await ConnectFromAsync(local, endPoint, cancellationToken).ConfigureAwait(false), null);
            return (connected, new ConnectAttempt(endPoint, error, Stopwatch.GetElapsedTime(started)));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return (null, new ConnectAttempt(endPoint, error, Stopwatch.GetElapsedTime(started)));
        }
    }

    private static async Task<Transport> ConnectFromAsync(EndPoint local, EndPoint endPoint, CancellationToken cancellationToken)
    {
        Socket socket = StreamSocket.For(endPoint);
        try
        {
            socket.Bind(local);
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return Transport.Create(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
