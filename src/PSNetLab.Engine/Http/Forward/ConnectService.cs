using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>Opens tunnels for CONNECT, as a forward proxy does (RFC 9110, section 9.3.6).</summary>
/// <param name="targets">
/// The addresses that tunnels may lead to; null for this machine, and that only for clients on it: its loopback addresses are shut off
/// from others.
/// </param>
/// <param name="timeout">How long it may take to connect.</param>
internal sealed class ConnectService(AddressFilter? targets, TimeSpan timeout) : StubService
{
    internal static readonly TimeSpan DefaultTimeout = DialOptions.DefaultTimeout;

    /// <summary>The targets unless others are named: this machine.</summary>
    internal static readonly string[] DefaultTargets = ["127.0.0.0/8", "::1"];

    private static readonly AddressFilter s_here = new(DefaultTargets, null);

    internal override async ValueTask ServeAsync(
        HttpExchange exchange, StubAnswer answer, HttpRequestRecord request, StubHandler handler)
    {
        try
        {
            if (!HostPort.TrySplit(request.Target, out string host, out int? port) || port is null || host.Length == 0)
            {
                Refuse(400, $"CONNECT needs a host and a port, and '{request.Target}' is not that.");
                return;
            }

            Transport target = await DialAsync(host, port.Value, exchange.RemoteEndPoint.Address, exchange.Ending).ConfigureAwait(false);
            exchange.TakeOver(200, client => ServeAsync(client, target, answer, request));
        }
        catch (NetLabException fault)
        {
            Refuse(
                fault.Kind switch
                {
                    FaultKind.ConnectTimeout => 504,
                    FaultKind.AddressNotLocal => 403,
                    FaultKind.InvalidAddress => 400,
                    _ => 502,
                },
                fault.Message);
        }

        void Refuse(int status, string explanation)
            => exchange.Answer(((IHttpHandler)handler).Refuse(exchange, status, explanation));
    }

    public override string ToString() => "tunnel";

    /// <summary>Connects to the addresses that were checked, and to no other: the name is asked for once.</summary>
    private async Task<Transport> DialAsync(string host, int port, IPAddress client, CancellationToken ending)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(ending);
        limit.CancelAfter(timeout);
        IPAddress[] addresses;
        try
        {
            addresses = await NameResolver.ResolveAsync(host, AddressFamily.Unspecified, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!ending.IsCancellationRequested)
        {
            throw new NetLabException(
                FaultKind.ConnectTimeout, $"The name '{host}' was not resolved within {TimeText.Seconds(timeout)}.", error);
        }

        IPAddress[] allowed = Array.FindAll(addresses, address => MayLead(client, address));
        return allowed.Length > 0
            ? await StreamDialer.DialAsync(new DialOptions { Host = host, Port = port, Known = allowed, Timeout = timeout, NoDelay = true },
                ending).ConfigureAwait(false)
            : throw new NetLabException(FaultKind.AddressNotLocal, $"Tunnels to {Addresses.Join(host, port)} are not allowed: "
                + (targets is null && !s_here.IsAllowed(client) ? "clients of other machines need -AllowAddress of the route."
                    : $"{string.Join<IPAddress>(", ", addresses)} is not among the addresses of -AllowAddress of the route."));
    }

    /// <summary>Whether a tunnel of this client may lead to this address.</summary>
    internal bool MayLead(IPAddress client, IPAddress target)
        => targets?.IsAllowed(target) ?? (s_here.IsAllowed(client) && s_here.IsAllowed(target));

    private static async ValueTask ServeAsync(HttpTakeover client, Transport target, StubAnswer answer, HttpRequestRecord request)
    {
        using (target)
        {
            byte[] head = [.. "HTTP/1.1 200 "u8, .. Encoding.ASCII.GetBytes(HttpStatus.Reason(200)), .. "\r\n"u8, .. answer.FieldLines,
                .. "\r\n"u8];
            using CancellationTokenRegistration ending = client.Ending.UnsafeRegister(_ => target.Interrupt(), null);
            await client.SendHeadAsync(head).ConfigureAwait(false);
            request.BytesReceived = 0;
            await Tunnel.JoinAsync(
                client,
                into => ReceiveAsync(target, into),
                async piece =>
                {
                    await target.SendAsync(piece, client.Ending).ConfigureAwait(false);
                    request.BytesReceived += piece.Length;
                },
                () => target.ShutdownSendAsync(client.Ending),
                () =>
                {
                    target.ResetOnDispose();
                    target.Interrupt();
                }).ConfigureAwait(false);
        }
    }

    private static async ValueTask<int> ReceiveAsync(Transport target, Memory<byte> into)
    {
        int count;
        do
        {
            await target.WaitReadableAsync(CancellationToken.None).ConfigureAwait(false);
        }
        while ((count = target.TryReceive(into.Span)) < 0);
        return count;
    }
}
