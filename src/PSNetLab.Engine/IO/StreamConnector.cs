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
    /// <summary>What an attempt ends with that came back to its own port: nobody listens there.</summary>
    internal static readonly SocketException ToItself = new((int)SocketError.ConnectionRefused);

    /// <summary>Tries the addresses in their order.</summary>
    /// <param name="endPoints">The addresses.</param>
    /// <param name="local">The address to connect from; null for any.</param>
    /// <param name="timeout">How long it may take; the error of unfinished attempts is then TimedOut.</param>
    /// <param name="limit">Ends all attempts; the error of unfinished ones is then an OperationCanceledException.</param>
    /// <returns>
    /// The connection, or null if no address accepted; and the attempts that have an outcome, in the order in which they
    /// ended, so that the last is that of the connection. No other attempt has a socket open any more.
    /// </returns>
    internal static async Task<(Transport? Connected, IReadOnlyList<ConnectAttempt> Attempts)> ConnectAsync(
        IReadOnlyList<EndPoint> endPoints, EndPoint? local, TimeSpan timeout, CancellationToken limit)
    {
        long began = Stopwatch.GetTimestamp();
        var (ended, late) = await AddressRace.RunAsync(endPoints.Count, Start, static one => one.Connected is not null, limit)
            .ConfigureAwait(false);
        foreach (Task<(Transport? Connected, ConnectAttempt Attempt)> other in late)
        {
            (await other.ConfigureAwait(false)).Connected?.Dispose();
        }

        return (ended.Count > 0 ? ended[^1].Connected : null, ended.ConvertAll(static one => one.Attempt));

        Task<(Transport? Connected, ConnectAttempt Attempt)>? Start(int index, CancellationToken lost)
        {
            bool isEndless = timeout == Timeout.InfiniteTimeSpan;
            TimeSpan left = isEndless ? timeout : timeout - Stopwatch.GetElapsedTime(began);
            bool isLate = !isEndless && left <= TimeSpan.Zero;
            return limit.IsCancellationRequested || (index > 0 && isLate)
                ? null
                : TryAsync(endPoints[index], local, isLate ? TimeSpan.Zero : left, lost).AsTask();
        }
    }

    /// <summary>Tries one address. Does not throw.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="local">The address to connect from; null for any.</param>
    /// <param name="timeout">How long it may take; then the error is TimedOut.</param>
    /// <param name="limit">Ends the attempt; then the error is an OperationCanceledException.</param>
    internal static async ValueTask<(Transport? Connected, ConnectAttempt Attempt)> TryAsync(
        EndPoint endPoint, EndPoint? local, TimeSpan timeout, CancellationToken limit)
    {
        long started = Stopwatch.GetTimestamp();
        Exception? fault;
        try
        {
            (Transport? connected, SocketException? error) = local is null
                ? await ProbeConnector.ConnectAsync((IPEndPoint)endPoint, timeout, limit).ConfigureAwait(false)
                : (await ConnectFromAsync(local, endPoint, limit).ConfigureAwait(false), null);
            TimeSpan duration = Stopwatch.GetElapsedTime(started);
            if (connected is not null && connected.IsItself)
            {
                // A graceful close would keep the port from the service for a minute.
                connected.ResetOnDispose();
                connected.Dispose();
                (connected, error) = (null, ToItself);
            }

            return (connected, new ConnectAttempt(endPoint, error, duration));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            fault = error;
        }

        return (null, new ConnectAttempt(endPoint, fault, Stopwatch.GetElapsedTime(started)));
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
