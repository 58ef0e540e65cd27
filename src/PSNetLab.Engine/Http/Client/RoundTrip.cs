using System.Buffers;
using System.Diagnostics;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Client;

/// <summary>How to send a request and take its response.</summary>
internal sealed record RoundTripOptions
{
    internal const int DefaultMostBodyBytes = 64 * 1024 * 1024;

    internal HttpMethod Method { get; init; } = HttpMethod.Get;

    /// <summary>How many bytes of the body are kept.</summary>
    internal int MostBodyBytes { get; init; } = DefaultMostBodyBytes;

    /// <summary>Whether more than that is read and counted, or is a fault.</summary>
    internal bool CountsRest { get; init; }

    /// <summary>End this side when everything is sent.</summary>
    internal bool HalfCloses { get; init; }

    /// <summary>How long to wait for 100 (Continue) before the body is sent; null for not.</summary>
    internal TimeSpan? ContinueWait { get; init; }
}

/// <summary>Sends one request and takes its response. What is known so far is there also after a failure.</summary>
/// <remarks>
/// The response is read while the request is being sent: a server may answer, and stop reading, before it has everything.
/// </remarks>
internal sealed class RoundTrip(HttpClientConnection connection, string peer, RoundTripOptions options)
{
    /// <summary>How many interim responses may come before the final one.</summary>
    internal const int MostInterim = 100;

    private const int LeastFree = 4096;
    private const int CountedBytes = 64 * 1024;

    // The bytes are kept as they came, too. Chunks of a few bytes have more framing than data, which is right for a short body.
    private const int LeastFraming = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly TaskCompletionSource<bool> _mayContinue = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The interim responses, in their order.</summary>
    internal List<ReceivedHead> Interim { get; } = [];

    /// <summary>The head of the response; null without one.</summary>
    internal ReceivedHead? Head { get; private set; }

    /// <summary>The body, as far as it is kept.</summary>
    internal ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    /// <summary>How many bytes of the body arrived.</summary>
    internal long BodyLength { get; private set; }

    internal HttpFields Trailers { get; private set; } = HttpFields.None;

    /// <summary>Whether the response arrived completely.</summary>
    internal bool IsComplete { get; private set; }

    /// <summary>Whether the whole request was sent.</summary>
    internal bool IsSent { get; private set; }

    /// <summary>Timestamps of Stopwatch; null for what has not happened.</summary>
    internal long? SentAt { get; private set; }

    /// <inheritdoc cref="SentAt"/>
    internal long? FirstByteAt { get; private set; }

    /// <inheritdoc cref="SentAt"/>
    internal long? EndedAt { get; private set; }

    /// <summary>What is unusual about how the two sides met, each in a sentence.</summary>
    internal List<string> Remarks { get; } = [];

    /// <param name="head">What to send first.</param>
    /// <param name="content">What to send after it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NetLabException">There is no complete response.</exception>
    internal async Task RunAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using CancellationTokenSource answered = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task sending = SendAsync(head, content, answered.Token);
        Task reading = ReadAsync(cancellationToken);
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        EndedAt = Stopwatch.GetTimestamp();
        await answered.CancelAsync().ConfigureAwait(false);
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!IsSent && Head is not null)
        {
            Remarks.Add("The server answered before the whole request was sent.");
        }

        // Of the two sides, one sees the rejection, and the other only a connection that is closed.
        if (!IsComplete && sending.Exception?.InnerException is NetLabException { Kind: FaultKind.OwnCertificateRejected } rejection)
        {
            throw rejection;
        }

        await reading.ConfigureAwait(false);
    }

    /// <summary>How many bytes of responses were read so far.</summary>
    private long Taken => connection.BytesReceived - connection.Pending;

    private async Task SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await connection.SendAsync(head, cancellationToken).ConfigureAwait(false);
        if (!content.IsEmpty)
        {
            if (options.ContinueWait is { } wait && !await MayContinueAsync(wait, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            await connection.SendAsync(content, cancellationToken).ConfigureAwait(false);
        }

        SentAt = Stopwatch.GetTimestamp();
        IsSent = true;
        if (options.HalfCloses)
        {
            await connection.HalfCloseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the server wants the body (RFC 9110, section 10.1.1). If it does not say, it gets it.</summary>
    private async Task<bool> MayContinueAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            return await _mayContinue.Task.WaitAsync(wait, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        ReceivedHead head;
        while ((head = await connection.ReadHeadAsync(options.Method, cancellationToken).ConfigureAwait(false)).IsInformational)
        {
            Interim.Add(head);
            if (Interim.Count > MostInterim)
            {
                throw ResponseFaults.TooManyInterim(peer, MostInterim);
            }

            if (head.Status == 100)
            {
                _mayContinue.TrySetResult(true);
            }
        }

        FirstByteAt = connection.FirstByteAt;
        Head = head;
        _mayContinue.TrySetResult(false);
        await ReadBodyAsync(cancellationToken).ConfigureAwait(false);
        IsComplete = true;
        Trailers = connection.Trailers;
        if (connection.Pending > 0 && !head.IsUpgrade)
        {
            Remarks.Add($"{connection.Pending} bytes came after the end of the response, which belong to no request.");
        }
    }

    private async Task ReadBodyAsync(CancellationToken cancellationToken)
    {
        byte[]? counted = null;
        long start = Taken;
        try
        {
            while (true)
            {
                int room = options.MostBodyBytes - _body.WrittenCount;
                Memory<byte> into = room > 0
                    ? _body.GetMemory(Math.Min(room, LeastFree))
                    : counted ??= ArrayPool<byte>.Shared.Rent(CountedBytes);
                into = room > 0 ? into[..Math.Min(into.Length, room)] : into;
                int count = await connection.ReadBodyAsync(into, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                BodyLength += count;
                long framing = Taken - start - BodyLength;
                if (!options.CountsRest && framing > Math.Max(options.MostBodyBytes, LeastFraming))
                {
                    throw ResponseFaults.TooMuchFraming(peer, framing, BodyLength);
                }

                if (room > 0)
                {
                    _body.Advance(count);
                }
                else if (!options.CountsRest)
                {
                    throw ResponseFaults.TooLarge(peer, options.MostBodyBytes);
                }
            }
        }
        finally
        {
            BodyLength = Math.Max(BodyLength, Head is null ? 0 : connection.BodyLength);
            if (counted is not null)
            {
                ArrayPool<byte>.Shared.Return(counted);
            }
        }
    }
}
