using System.Net;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>Asks a server for the records of a name.</summary>
/// <param name="options">How to ask.</param>
/// <param name="sockets">The sockets of the call.</param>
/// <param name="server">The server.</param>
/// <param name="name">The name as it was given.</param>
/// <param name="question">What to ask for.</param>
/// <param name="expectation">What the answers should be; null if nothing is expected.</param>
internal sealed class DnsCheck(
    DnsCheckOptions options,
    DnsServerSockets sockets,
    DnsServer server,
    string name,
    DnsQuestion question,
    DnsExpectation? expectation) : ICheck
{
    /// <inheritdoc/>
    public async ValueTask RunAsync(IMessageSink<object> rows, CancellationToken cancellationToken)
    {
        Resolution resolution = await server.Name.ResolveAsync().ConfigureAwait(false);
        List<string> tried = [];
        DnsReply? reply = null;
        foreach (IPAddress address in resolution.Addresses)
        {
            // Answers come from where the query went.
            IPEndPoint reached = new(Addresses.Reached(address), server.Port);
            DnsConversation conversation = new(options, sockets.To(reached), question);
            reply = await conversation.RunAsync(name, server.ToString(), cancellationToken).ConfigureAwait(false);
            if (reply.Raw is not null)
            {
                break;
            }

            tried.Add($"{reply.Address} ({reply.Status})");
        }

        if (reply is { Raw: null } && tried.Count > 1)
        {
            reply.Reason = $"{reply.Reason} Tried {string.Join("; ", tried)}.";
        }

        reply ??= new DnsReply(name, DnsWords.Type(question.Type), server.ToString())
        {
            Status = resolution.Fault!.Kind switch
            {
                FaultKind.ConnectTimeout => DnsStatus.TimedOut,
                FaultKind.NameServerFailed => DnsStatus.Failed,
                _ => DnsStatus.ServerNotFound,
            },
            Transport = options.Tcp ? DnsTransport.Tcp : DnsTransport.Udp,
            Reason = resolution.Fault.Message,
            Began = DateTime.Now,
        };
        if (expectation is not null)
        {
            Judge(reply, expectation);
        }

        await rows.AddAsync(reply, cancellationToken).ConfigureAwait(false);
    }

    private static void Judge(DnsReply reply, DnsExpectation expectation)
    {
        string? difference = !reply.HasAnswer ? reply.Reason
            : expectation.Compare(
                reply.Values.Count > 0 ? reply.Values : [reply.Status == DnsStatus.NoData ? "NODATA" : reply.ResponseCode!]);
        reply.Passed = reply.HasAnswer && difference is null;
        if (difference is not null || reply.Status != DnsStatus.Answered)
        {
            reply.Reason = difference;
        }
    }
}
