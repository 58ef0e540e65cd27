using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>Connects to one address of a port, and tells what became of it.</summary>
internal sealed class TcpProbe
{
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(3);

    private const int MostBannerBytes = 4096;

    // After so much silence, a banner is taken for complete.
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether to wait for what the service says first.</summary>
    internal bool Banner { get; init; }

    /// <summary>What to send first; null for nothing.</summary>
    internal byte[]? Send { get; init; }

    /// <summary>The encoding of the banner.</summary>
    internal Encoding Encoding { get; init; } = TextEncoding.Default;

    /// <summary>
    /// How long, after a round trip, an open port is watched: a relay needs a moment to find out that its service is dead.
    /// </summary>
    internal TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Ends the waiting for more of a banner as soon as it is true of the text so far.</summary>
    internal Func<string, bool>? IsBannerComplete { get; init; }

    /// <summary>Whether a banner has only the time that connecting has left, rather than as much again.</summary>
    internal bool SharesTime { get; init; }

    /// <summary>Tries one address.</summary>
    /// <param name="name">The host as it was given.</param>
    /// <param name="resolution">What became of its name.</param>
    /// <param name="remote">The address to try.</param>
    /// <param name="attempt">The number of the attempt.</param>
    /// <param name="timeout">How long connecting, and then the banner, may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async ValueTask<TcpPortResult> TryAsync(
        string name, Resolution resolution, IPEndPoint remote, int attempt, TimeSpan timeout, CancellationToken cancellationToken)
    {
        DateTime time = DateTime.Now;
        long began = Stopwatch.GetTimestamp();
        (Transport? connected, ConnectAttempt made) = await StreamConnector.TryAsync(
            remote, null, timeout, cancellationToken).ConfigureAwait(false);
        if (connected is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Unconnected(name, resolution, made, attempt, time, timeout);
        }

        return await TalkAsync(
            name, resolution, connected, made, attempt, time, TimeToTalk(timeout, began), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How long a connection may be listened to.</summary>
    /// <param name="timeout">How long connecting could take.</param>
    /// <param name="began">When that began, as a timestamp of Stopwatch.</param>
    internal TimeSpan TimeToTalk(TimeSpan timeout, long began)
        => !SharesTime ? timeout
            : timeout - Stopwatch.GetElapsedTime(began) is var left && left > TimeSpan.Zero ? left
            : TimeSpan.Zero;

    /// <summary>What became of an attempt that did not connect.</summary>
    internal static TcpPortResult Unconnected(
        string name, Resolution resolution, in ConnectAttempt made, int attempt, DateTime time, TimeSpan timeout)
    {
        (TcpPortStatus status, string reason) = Explain((SocketException)made.Error!, timeout);
        IPEndPoint remote = (IPEndPoint)made.EndPoint;
        return new TcpPortResult(name, remote.Port)
        {
            Remote = remote.Address,
            Status = status,
            Reason = reason,
            LacksAnswers = status == TcpPortStatus.TimedOut,
            Latency = status == TcpPortStatus.Refused ? made.Duration : null,
            ResolveTime = resolution.Duration,
            Attempt = attempt,
            Began = time,
        };
    }

    /// <summary>What becomes of a connection, which is closed in the end.</summary>
    internal async ValueTask<TcpPortResult> TalkAsync(
        string name,
        Resolution resolution,
        Transport connected,
        ConnectAttempt made,
        int attempt,
        DateTime time,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        try
        {
            IPEndPoint remote = (IPEndPoint)made.EndPoint;
            IPEndPoint local = Addresses.OfSocket(connected.LocalEndPoint);
            int? retransmits = SocketCalls.Retransmits(connected.Socket);
            (bool hasEnded, byte[] said) = await ListenAsync(connected, made.Duration, timeout, cancellationToken).ConfigureAwait(false);
            TcpPortStatus status = hasEnded && said.Length == 0 ? TcpPortStatus.ClosedAtOnce : TcpPortStatus.Open;
            bool hasBanner = IsBannerWanted && status == TcpPortStatus.Open;
            return new TcpPortResult(name, remote.Port)
            {
                Remote = remote.Address,
                Status = status,
                Reason = status == TcpPortStatus.ClosedAtOnce ? WasClosedAtOnce : null,
                Latency = made.Duration,
                ResolveTime = resolution.Duration,
                Retransmits = retransmits,
                Text = hasBanner ? Encoding.GetString(said).TrimEnd('\r', '\n') : null,
                Said = hasBanner ? said : null,
                Local = local,
                Attempt = attempt,
                Began = time,
            };
        }
        finally
        {
            connected.Dispose();
        }
    }

    private const string SelfConnected
        = "Nothing is listening: the connection came back to its own port. Start the service, or check the port.";

    private const string WasClosedAtOnce = "It accepted the connection and closed it without a word. A relay or load balancer may have no "
        + "service behind it: check the service.";

    internal const string OutOfDescriptors
        = "This process is out of file descriptors. Lower -ThrottleLimit, or raise the limit (ulimit -n).";

    private bool IsBannerWanted => Banner || Send is not null;

    /// <summary>The status of an attempt without a name to connect to.</summary>
    internal static TcpPortResult NoAddress(string name, int port, Resolution resolution, int attempt) => new(name, port)
    {
        Status = resolution.Fault!.Kind switch
        {
            FaultKind.ConnectTimeout => TcpPortStatus.TimedOut,
            FaultKind.NameServerFailed => TcpPortStatus.Failed,
            _ => TcpPortStatus.NameNotFound,
        },
        Reason = resolution.Fault.Message,
        ResolveTime = resolution.Duration,
        Attempt = attempt,
    };

    /// <summary>Why there is no connection, and what to do.</summary>
    internal static (TcpPortStatus Status, string Reason) Explain(SocketException error, TimeSpan timeout) => error.SocketErrorCode switch
    {
        _ when error == StreamConnector.ToItself => (TcpPortStatus.Refused, SelfConnected),
        SocketError.ConnectionRefused => (TcpPortStatus.Refused, "Nothing is listening there. Start the service, or check the port."),
        _ when SocketFaults.IsResetAtOnce(error) => (TcpPortStatus.ClosedAtOnce, WasClosedAtOnce),
        SocketError.TimedOut => (
            TcpPortStatus.TimedOut,
            $"No answer within {TimeText.Seconds(timeout)}. Check the address and any firewall on the way, or raise -TimeoutSec."),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown => (
            TcpPortStatus.Unreachable,
            "There is no way to the host, or a firewall says so. Check the address, the network interface and the routes."),
        SocketError.AccessDenied => (
            TcpPortStatus.NotPermitted,
            "This machine does not let the connection out. Check its firewall and routes; broadcast addresses take no connections."),
        SocketError.TooManyOpenSockets => (TcpPortStatus.Failed, OutOfDescriptors),
        SocketError.AddressNotAvailable => (
            TcpPortStatus.Failed,
            "This machine has no address or no free port to connect from. "
                + "Check the interface, or wait until earlier connections are forgotten."),
        _ => (TcpPortStatus.Failed, $"{SocketFaults.Words(error)}."),
    };

    /// <summary>Waits for a banner, or just a moment, and tells whether the peer has closed.</summary>
    private async ValueTask<(bool HasEnded, byte[] Said)> ListenAsync(
        Transport transport, TimeSpan latency, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(IsBannerWanted || latency + Settle > timeout ? timeout : latency + Settle);
        long start = Stopwatch.GetTimestamp();
        byte[] buffer = new byte[IsBannerWanted ? MostBannerBytes : 1];
        int length = 0;
        bool hasEnded = false;
        try
        {
            if (Send is not null)
            {
                await transport.SendAsync(Send, limit.Token).ConfigureAwait(false);
            }

            while (!hasEnded && length < buffer.Length)
            {
                await transport.WaitReadableAsync(limit.Token).ConfigureAwait(false);
                int count = transport.TryReceive(buffer.AsSpan(length));
                hasEnded = count == 0;
                if (count > 0)
                {
                    length += count;
                    await LoopThread.Leave(); // the condition may be slow
                    if (!IsBannerWanted || IsBannerComplete?.Invoke(Encoding.GetString(buffer, 0, length)) == true)
                    {
                        break;
                    }

                    TimeSpan left = timeout - Stopwatch.GetElapsedTime(start);
                    limit.CancelAfter(left < TimeSpan.Zero ? TimeSpan.Zero : left < s_quiet ? left : s_quiet);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It says no more.
        }
        catch (SocketException)
        {
            hasEnded = true; // a reset
        }

        Empty(transport);
        return (hasEnded, buffer[..length]);
    }

    /// <summary>Takes what is there, because closing a connection with unread data resets it (RFC 1122, section 4.2.2.13).</summary>
    internal static void Empty(Transport transport)
    {
        const int MostReads = 64;
        Span<byte> rest = stackalloc byte[1024];
        try
        {
            for (int i = 0; i < MostReads && transport.TryReceive(rest) > 0; i++)
            {
            }
        }
        catch (SocketException)
        {
            // There is nobody left to be polite to.
        }
    }
}
