using System.Buffers;
using System.Diagnostics;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Client;

/// <summary>A request to send, and how.</summary>
/// <param name="Uri">Where to.</param>
/// <param name="Head">The bytes to send first.</param>
/// <param name="Content">The bytes to send after them.</param>
internal sealed record HttpSendOptions(HttpUri Uri, byte[] Head, byte[] Content)
{
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    internal HttpConnectOptions Connect { get; init; } = new();

    internal RoundTripOptions Trip { get; init; } = new();

    /// <summary>How long everything may take together.</summary>
    internal TimeSpan Timeout { get; init; } = DefaultTimeout;
}

/// <summary>Sends one request and tells everything about it.</summary>
internal static class HttpSender
{
    /// <param name="options">What to send.</param>
    /// <param name="open">The connection to use, which stays open; null to open one and close it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What happened, and the fault if the response is not complete.</returns>
    /// <exception cref="NetLabException">There is no connection.</exception>
    internal static async Task<(HttpExchangeResult Result, NetLabException? Fault)> SendAsync(
        HttpSendOptions options, HttpClientConnection? open, CancellationToken cancellationToken)
    {
        DateTime time = DateTime.Now;
        long started = Stopwatch.GetTimestamp();
        string peer = options.Uri.Origin;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        DialTrace? trace = open is null ? new DialTrace() : null;
        HttpClientConnection connection = open ?? await HttpConnector.ConnectAsync(
            options.Uri, options.Connect, trace!, limit.Token, cancellationToken).ConfigureAwait(false);
        bool isDone = false;
        try
        {
            long before = connection.BytesReceived - connection.Pending;
            ArrayBufferWriter<byte> bytes = new();
            connection.Record = bytes;
            RoundTrip trip = new(connection, peer, options.Trip);
            NetLabException? fault = null;
            try
            {
                await trip.RunAsync(options.Head, options.Content, limit.Token).ConfigureAwait(false);
            }
            catch (NetLabException error)
            {
                fault = error;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                fault = ResponseFaults.TimedOut(peer, options.Timeout, trip.Head, connection.BytesReceived - before, trip.BodyLength);
            }

            if (fault is not null)
            {
                // What could not be understood.
                connection.TakeRest();
            }

            await LoopThread.Leave();
            HttpSentRequest request = new(options.Head, options.Content);
            HttpExchangeResult result = new(
                options.Uri.ToString(),
                request,
                HttpPhases.Of(started, trace, trip, trip.EndedAt!.Value),
                Addresses.OfSocket(connection.Transport.LocalEndPoint),
                Addresses.OfSocket(connection.Transport.RemoteEndPoint))
            {
                Began = time,
                Response = Response(trip, bytes.WrittenSpan),
                Informational = new(trip.Interim.Select(
                    head => PartedText.Of(new HttpReceivedResponse(head, head.Bytes, [], HttpFields.None)))),
                Complete = trip.IsComplete,
                Reason = fault?.Message,
                Remarks = new(HttpRemarks.Of(request).Concat(HttpRemarks.Of(trip))),
                Tls = connection.Transport.Tls,
            };
            isDone = true;
            return (result, fault);
        }
        finally
        {
            connection.Record = null;
            if (open is null)
            {
                End(connection, isDone);
            }
        }
    }

    private static HttpReceivedResponse? Response(RoundTrip trip, ReadOnlySpan<byte> received)
    {
        ReadOnlySpan<byte> own = received[trip.Interim.Sum(head => head.Bytes.Length)..];
        return trip.Head is null && own.IsEmpty
            ? null
            : new HttpReceivedResponse(trip.Head, own.ToArray(), trip.Body.ToArray(), trip.Trailers);
    }

    private static void End(HttpClientConnection connection, bool inGoodOrder)
    {
        if (inGoodOrder)
        {
            connection.Close();
        }
        else
        {
            connection.Dispose();
        }
    }
}
