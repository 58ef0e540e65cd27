using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.IO;

/// <summary>The outcome of an attempt to connect to one address.</summary>
/// <param name="EndPoint">The address.</param>
/// <param name="Error">Why the attempt failed; null if it succeeded.</param>
/// <param name="Duration">The time from the start of the attempt to its outcome.</param>
internal readonly record struct ConnectAttempt(EndPoint EndPoint, Exception? Error, TimeSpan Duration);

/// <summary>
/// Connects to the first of several addresses that accepts. The next address is tried after 250 ms, or as soon as an
/// attempt fails (RFC 8305, section 5).
/// </summary>
internal static class StreamConnector
{
    private static readonly TimeSpan s_stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>Tries the addresses in their order.</summary>
    /// <param name="endPoints">The addresses.</param>
    /// <param name="local">The address to connect from; null for any.</param>
    /// <param name="limit">Ends all attempts; the error of unfinished ones is then an OperationCanceledException.</param>
    /// <returns>
    /// The socket, or null if no address accepted; and the attempts that have an outcome, in the order in which they
    /// ended.
    /// </returns>
    internal static async Task<(Socket? Socket, IReadOnlyList<ConnectAttempt> Attempts)> ConnectAsync(
        IReadOnlyList<EndPoint> endPoints, EndPoint? local, CancellationToken limit)
    {
        using CancellationTokenSource lost = CancellationTokenSource.CreateLinkedTokenSource(limit);
        List<Task<(Socket? Socket, ConnectAttempt Attempt)>> underWay = [];
        List<ConnectAttempt> attempts = [];
        int next = 0;
        while (true)
        {
            if (limit.IsCancellationRequested)
            {
                next = endPoints.Count;
            }
            else if (next < endPoints.Count)
            {
                underWay.Add(TryAsync(endPoints[next++], local, lost.Token));
            }

            if (underWay.Count == 0)
            {
                return (null, attempts);
            }

            Task<Task<(Socket? Socket, ConnectAttempt Attempt)>> any = Task.WhenAny(underWay);
            if (next < endPoints.Count)
            {
                await Task.WhenAny(any, Task.Delay(s_stagger, limit)).ConfigureAwait(false);
                if (!any.IsCompleted)
                {
                    continue;
                }
            }

            Task<(Socket? Socket, ConnectAttempt Attempt)> ended = await any.ConfigureAwait(false);
            underWay.Remove(ended);
            (Socket? socket, ConnectAttempt attempt) = await ended.ConfigureAwait(false);
            attempts.Add(attempt);
            if (socket is not null)
            {
                await lost.CancelAsync().ConfigureAwait(false);
                underWay.ForEach(other => other.ContinueWith(static late => late.Result.Socket?.Dispose(), TaskScheduler.Default));
                return (socket, attempts);
            }
        }
    }

    private static async Task<(Socket? Socket, ConnectAttempt Attempt)> TryAsync(EndPoint endPoint, EndPoint? local, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        Socket? socket = null;
        try
        {
            socket = StreamSocket.For(endPoint);
            if (local is not null)
            {
                socket.Bind(local);
            }

            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return (socket, new ConnectAttempt(endPoint, null, Stopwatch.GetElapsedTime(started)));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            socket?.Dispose();
            return (null, new ConnectAttempt(endPoint, error, Stopwatch.GetElapsedTime(started)));
        }
    }
}
