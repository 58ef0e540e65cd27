using System.Diagnostics;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.Client;

/// <summary>
/// How long each phase of a request took, in milliseconds. Null for one that did not happen; together they are the total.
/// </summary>
internal readonly record struct HttpPhases
{
    /// <param name="started">When it began.</param>
    /// <param name="trace">How the connection was opened; null if it was open.</param>
    /// <param name="trip">What came after that; null if nothing did.</param>
    /// <param name="ended">When it ended.</param>
    internal static HttpPhases Of(long started, DialTrace? trace, RoundTrip? trip, long ended)
    {
        long last = started;
        double? Take(long? until)
        {
            if (until is not { } end)
            {
                return null;
            }

            // The first byte may arrive before everything is sent: then that was the end of sending.
            long from = last;
            last = Math.Max(last, Math.Min(end, ended));
            return Milliseconds(from, last);
        }

        long? firstByte = trip?.FirstByteAt;
        long? sent = trip?.SentAt is { } at && firstByte is { } first ? Math.Min(at, first) : trip?.SentAt ?? firstByte;
        return new HttpPhases
        {
            Resolve = Take(trace?.Resolved),
            Connect = Take(trace?.Connected),
            Tls = Take(trace?.Secured),
            Send = Take(sent),
            Wait = Take(firstByte),
            Receive = firstByte is null ? null : Take(ended),
            Total = Milliseconds(started, ended),
        };
    }

    internal double? Resolve { get; init; }

    internal double? Connect { get; init; }

    internal double? Tls { get; init; }

    internal double? Send { get; init; }

    internal double? Wait { get; init; }

    internal double? Receive { get; init; }

    internal double Total { get; init; }

    /// <summary>Both, one after the other.</summary>
    internal HttpPhases And(HttpPhases next) => new()
    {
        Resolve = Sum(Resolve, next.Resolve),
        Connect = Sum(Connect, next.Connect),
        Tls = Sum(Tls, next.Tls),
        Send = Sum(Send, next.Send),
        Wait = Sum(Wait, next.Wait),
        Receive = Sum(Receive, next.Receive),
        Total = Total + next.Total,
    };

    private static double? Sum(double? one, double? other) => one is null ? other : other is null ? one : one + other;

    private static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
