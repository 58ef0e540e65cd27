using System.Net.Sockets;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>
/// Passes requests on to another server, and its answers back, as they come: no body is held as a whole, and what is cut off on one side is
/// cut off on the other.
/// </summary>
internal sealed partial class Forwarder : IUpstream
{
    // A head and the piece of a body that is read ahead.
    private const int MostBytesAhead = 128 * 1024;

    private readonly UpstreamOptions _options;
    private readonly UpstreamPool _pool;
    private readonly Recorder? _recorder;
    private readonly byte[] _prefix;
    private readonly byte[] _host;
    private readonly byte[] _origin;

    /// <param name="options">Where to.</param>
    /// <param name="recorder">Gets what passes; null for nobody.</param>
    internal Forwarder(UpstreamOptions options, Recorder? recorder = null)
    {
        _recorder = recorder;
        _options = options;
        _pool = new UpstreamPool(options);
        string path = options.Uri.Target.TrimEnd('/');
        _prefix = System.Text.Encoding.ASCII.GetBytes(path);
        _host = System.Text.Encoding.ASCII.GetBytes(options.Uri.HostField);
        _origin = System.Text.Encoding.ASCII.GetBytes(options.Uri.Origin);
    }

    /// <summary>How many connections to the upstream are idle.</summary>
    internal int Idle => _pool.Idle;

    private string Peer => _options.Uri.Origin;

    public async ValueTask<UpstreamRefusal?> ForwardAsync(HttpExchange exchange)
    {
        if (exchange.Request.Method == HttpMethod.Connect || !TryReadTarget(exchange, out ReadOnlySpan<byte> target))
        {
            return new UpstreamRefusal(501, "Only requests for a path can be passed on. For CONNECT, and for a target without a path, this "
                + "server is the wrong one.");
        }

        if (_prefix.Length > 0 && UpstreamPath.MayLeaveRoot(target))
        {
            return new UpstreamRefusal(400, "The path has more '..' than there are folders to leave.");
        }

        using Tape? tape = _recorder is null or { IsFull: true } ? null : new Tape(_recorder, exchange, target);
        using RequestBody body = await RequestBody.BeginAsync(exchange).ConfigureAwait(false);
        body.Copy = tape?.Request;
        bool mayRepeat = body.IsWhole && HttpMethods.IsIdempotent(exchange.Request.Method);
        UpstreamConnection? kept = _pool.TryTake(mayRepeat);
        while (true)
        {
            UpstreamConnection? upstream = kept;
            bool isReusable = false;
            try
            {
                upstream ??= await _pool.ConnectAsync(exchange.Ended).ConfigureAwait(false);
                isReusable = await RelayAsync(exchange, upstream, body, tape).ConfigureAwait(false);
                return null;
            }
            catch (NetLabException fault) when (!exchange.IsAnswered)
            {
                if (!mayRepeat || kept is null || kept.Http.FirstByteAt is not null || !WasClosed(fault))
                {
                    return new UpstreamRefusal(
                        fault.Kind is FaultKind.ConnectTimeout or FaultKind.ReceiveTimeout ? 504 : 502, fault.Message, fault);
                }

                // The upstream closed the connection when this request was on its way: it has not been answered, and may be sent again.
                kept = null;
            }
            finally
            {
                if (isReusable)
                {
                    _pool.Give(upstream!);
                }
                else if (exchange.Takeover is null)
                {
                    upstream?.Dispose();
                }
            }
        }
    }

    public void Dispose() => _pool.Dispose();

    private static bool WasClosed(NetLabException fault)
        => fault.Kind is FaultKind.NoResponse or FaultKind.ConnectionReset or FaultKind.ConnectionClosed;

    /// <summary>Has the upstream answer.</summary>
    /// <returns>Whether another request may follow on the connection.</returns>
    private async ValueTask<bool> RelayAsync(HttpExchange exchange, UpstreamConnection upstream, RequestBody body, Tape? tape)
    {
        using CancellationTokenRegistration ending = exchange.Ended.UnsafeRegister(
            static connection => ((UpstreamConnection)connection!).Cancel(), upstream);
        try
        {
            WriteHead(exchange, upstream.Output, body);
            body.WriteFirst(upstream.Output);
            upstream.Renew();

            // What is long goes out while the answer comes: an upstream that refuses it may read no further.
            bool isLong = upstream.Output.WrittenCount > MostBytesAhead;
            bool isSent = isLong || await TrySendAsync(upstream).ConfigureAwait(false);
            upstream.Renew();
            if (isSent && (isLong || !body.IsWhole))
            {
                isSent = await RelayBothAsync(exchange, upstream, body, tape).ConfigureAwait(false);
            }
            else
            {
                await RelayAnswerAsync(exchange, upstream, tape, null).ConfigureAwait(false);
            }

            return isSent && exchange.Takeover is null;
        }
        catch (OperationCanceledException error) when (!exchange.Ended.IsCancellationRequested)
        {
            throw new NetLabException(
                FaultKind.ReceiveTimeout,
                $"{Peer} took and sent nothing for {TimeText.Seconds(_options.Timeout)}. Allow more time with -UpstreamTimeoutSec, or "
                    + "look into its log.",
                error);
        }
    }

    /// <summary>Sends what is prepared. If the upstream takes no more, it may still have answered.</summary>
    private static async ValueTask<bool> TrySendAsync(UpstreamConnection upstream)
    {
        try
        {
            await upstream.FlushAsync(upstream.Limit).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Passes on the rest of the body and the answer at the same time.</summary>
    /// <returns>Whether all of the body was sent.</returns>
    private async ValueTask<bool> RelayBothAsync(HttpExchange exchange, UpstreamConnection upstream, RequestBody body, Tape? tape)
    {
        Upload upload = new(exchange, upstream, body);
        try
        {
            await RelayAnswerAsync(exchange, upstream, tape, upload).ConfigureAwait(false);
            await upload.FinishAsync().ConfigureAwait(false);
        }
        catch (Exception) when (upload.HasClientFailed)
        {
            // Whatever else has failed then: the client is why, and that is thrown below.
        }
        finally
        {
            await upload.DisposeAsync().ConfigureAwait(false);
        }

        upload.ThrowIfClientFailed();
        return upload.HasSentAll;
    }

    private async ValueTask RelayAnswerAsync(HttpExchange exchange, UpstreamConnection upstream, Tape? tape, Upload? upload)
    {
        ReceivedHead head = await ReadHeadAsync(exchange, upstream, upload).ConfigureAwait(false);
        if (upload is not null)
        {
            await upload.BeginAnswerAsync(head.Status).ConfigureAwait(false);
        }

        await AnswerAsync(exchange, upstream, head, tape, upload).ConfigureAwait(false);
    }

    /// <summary>Reads up to the head of the final answer.</summary>
    private static async ValueTask<ReceivedHead> ReadHeadAsync(HttpExchange exchange, UpstreamConnection upstream, Upload? upload)
    {
        const int MostInterim = 100;
        for (int interim = 0; ; interim++)
        {
            ReceivedHead head = await upstream.Http.ReadHeadAsync(exchange.Request.Method, upstream.Limit).ConfigureAwait(false);
            if (!head.IsInformational)
            {
                // The field that tells stays here, and what it tells of would be lost.
                return !head.HasCodedBody ? head : throw new NetLabException(
                    FaultKind.ResponseMalformed, "The body of the answer of the upstream has a transfer coding other than chunked, which "
                        + "cannot be passed on (RFC 9112, section 6.1).");
            }

            if (interim == MostInterim)
            {
                throw ResponseFaults.TooManyInterim("The upstream", MostInterim);
            }

            upstream.Pause();
            if (upload is not null)
            {
                await upload.InformAsync(head.Status, EndToEnd(head)).ConfigureAwait(false);
            }
            else if (head.Status != 100)
            {
                await exchange.InformAsync(head.Status, EndToEnd(head)).ConfigureAwait(false);
            }

            upstream.Renew();
        }
    }
}
