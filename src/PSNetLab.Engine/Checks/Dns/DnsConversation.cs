using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>All queries to one address of a server about one question: again without EDNS, again over TCP, again after silence.</summary>
internal sealed class DnsConversation(DnsCheckOptions options, DnsSockets sockets, DnsQuestion question)
{
    private const string WithoutEdns = "The server does not understand EDNS, so it was asked again without.";

    private readonly IPEndPoint _server = sockets.Server;
    private int _attempts;
    private int _strays;
    private int _ednsBytes = options.EdnsBytes;
    private DnsTransport _transport = options.Tcp ? DnsTransport.Tcp : DnsTransport.Udp;

    /// <summary>Asks until there is an answer that counts, or none to be had.</summary>
    /// <param name="name">The name as it was given.</param>
    /// <param name="serverName">The server as it was given.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async ValueTask<DnsReply> RunAsync(string name, string serverName, CancellationToken cancellationToken)
    {
        DateTime time = DateTime.Now;
        long started = Stopwatch.GetTimestamp();
        (DnsExchange exchange, DnsMessage? message) = await AskAsync(cancellationToken).ConfigureAwait(false);
        if (message is { Code: DnsWords.FormatError or DnsWords.NotImplemented, EdnsBytes: null } && _ednsBytes > 0)
        {
            // RFC 6891, section 7.
            _ednsBytes = 0;
            (exchange, message) = await AskAsync(cancellationToken).ConfigureAwait(false);
        }

        TimeSpan duration = Stopwatch.GetElapsedTime(started);
        (DnsStatus status, string? reason, IReadOnlyList<string> values)
            = message is null ? Explain(exchange) : DnsVerdict.Of(message, question, name);
        return new DnsReply(name, DnsWords.Type(question.Type), serverName)
        {
            Address = _server.Address.ToString(),
            Status = status,
            Reason = _ednsBytes == options.EdnsBytes ? reason : reason is null ? WithoutEdns : $"{reason} {WithoutEdns}",
            Duration = exchange.Answer is null ? null : duration,
            ResponseCode = message is null ? null : DnsWords.Code(message.Code),
            ExtendedError = message?.ExtendedError,
            Flags = message?.Flags,
            Transport = _transport,
            EdnsSize = message?.EdnsBytes,
            Attempts = _attempts,
            Strays = _strays,
            Answers = new(message?.Answers ?? []),
            Authorities = new(message?.Authorities ?? []),
            Additionals = new(message?.Additionals ?? []),
            Values = values,
            Began = time,
            Raw = exchange.Answer,
        };
    }

    /// <summary>Asks, over TCP if the answer does not fit into a datagram; again if there is no answer in time.</summary>
    private async ValueTask<(DnsExchange Exchange, DnsMessage? Message)> AskAsync(CancellationToken cancellationToken)
    {
        DnsExchange last;
        int attempt = 0;
        do
        {
            last = await TryAsync(cancellationToken).ConfigureAwait(false);
            if (_transport == DnsTransport.Udp && last.Answer is { } datagram && DnsMessage.IsTruncated(datagram))
            {
                // It is not read: it may end in the middle of a record.
                _transport = DnsTransport.UdpThenTcp;
                last = await TryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        while (last.Error?.SocketErrorCode == SocketError.TimedOut && attempt++ < options.Retries);
        return Read(last);
    }

    private async ValueTask<DnsExchange> TryAsync(CancellationToken cancellationToken)
    {
        // With a new number each time, an answer to an earlier query is a stray.
        DnsQuery query = new(
            (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1),
            question,
            options.Recursion,
            _ednsBytes,
            options.Dnssec && _ednsBytes > 0);
        _attempts++;
        DnsExchange exchange = _transport == DnsTransport.Udp
            ? await DnsDatagrams.AskAsync(sockets, query, options.Timeout, cancellationToken).ConfigureAwait(false)
            : await DnsStreams.AskAsync(_server, query, options.Timeout, cancellationToken).ConfigureAwait(false);
        _strays += exchange.Strays;
        return exchange;
    }

    private static (DnsExchange Exchange, DnsMessage? Message) Read(DnsExchange exchange)
    {
        if (exchange is not { Answer: { } answer, Problem: null })
        {
            return (exchange, null);
        }

        try
        {
            return (exchange, DnsMessage.Read(answer));
        }
        catch (DnsFormatException error)
        {
            return (exchange with { Problem = error.Message }, null);
        }
    }

    /// <summary>Why there is no answer.</summary>
    private DnsVerdict Explain(DnsExchange exchange)
    {
        string where = $"{(_transport == DnsTransport.Udp ? "UDP" : "TCP")} port {_server.Port} of {_server.Address}";
        string before = _transport == DnsTransport.UdpThenTcp ? "The answer over UDP was truncated. " : string.Empty;
        string strays = _strays > 0 ? $" {_strays} that answered something else were ignored." : string.Empty;
        if (exchange.Problem is { } problem)
        {
            return new(DnsStatus.Malformed, $"{before}The answer is malformed: {problem}.", []);
        }

        SocketException error = exchange.Error!;
        (DnsStatus status, string reason) = error.SocketErrorCode switch
        {
            SocketError.TimedOut => (
                DnsStatus.TimedOut,
                $"No answer from {where} within {TimeText.Seconds(options.Timeout)}. "
                    + "Check the server and any firewall on the way, or raise -TimeoutSec or -Retry."),
            SocketError.ConnectionRefused
                => (DnsStatus.Refused, $"Nothing is listening on {where}. Start the server, or check -Server and -Port."),
            SocketError.ConnectionReset when _transport == DnsTransport.Udp => (
                DnsStatus.Refused,
                $"Nothing is listening on {where}. Start the server, or check -Server and -Port."),
            SocketError.ConnectionReset or SocketError.Disconnecting
                => (DnsStatus.Failed, $"The server at {where} closed the connection before it answered."),
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown => (
                DnsStatus.Unreachable,
                $"There is no way to {_server.Address}, or a firewall says so. Check the address, the network interface and the routes."),
            SocketError.AccessDenied
                => (DnsStatus.NotPermitted, $"This machine does not let the query out to {where}. Check its firewall and routes."),
            SocketError.TooManyOpenSockets => (DnsStatus.Failed, TcpProbe.OutOfDescriptors),
            _ => (DnsStatus.Failed, $"{SocketFaults.Words(error)}."),
        };
        return new(status, $"{before}{reason}{strays}", []);
    }
}
