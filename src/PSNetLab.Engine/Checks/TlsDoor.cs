using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>The way to the TLS of a server: connects, and says in plain text what comes before.</summary>
/// <param name="host">The host as it was given.</param>
/// <param name="remote">The address and port.</param>
/// <param name="startTls">The protocol in which to ask for TLS; null if the connection begins with it.</param>
/// <param name="name">The name of the server, for protocols that ask for it.</param>
internal sealed class TlsDoor(string host, IPEndPoint remote, StartTlsProtocol? startTls, string name)
{
    // All of it, however many lines it makes.
    private const int MostPlainBytes = 64 * 1024;

    private string Target => Addresses.Join(host, remote.Port);

    /// <summary>Connects once more, up to where TLS begins.</summary>
    /// <exception cref="SocketException">There is no connection.</exception>
    /// <exception cref="NetLabException">There is no TLS on it.</exception>
    internal async ValueTask<Transport> OpenAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        (Transport? transport, SocketException? error)
            = await ProbeConnector.ConnectAsync(remote, timeout, cancellationToken).ConfigureAwait(false);
        if (transport is null)
        {
            throw error!;
        }

        try
        {
            await AskAsync(transport, cancellationToken).ConfigureAwait(false);
            return transport;
        }
        catch
        {
            transport.Dispose();
            throw;
        }
    }

    /// <summary>Asks for TLS in plain text, if that is how it begins.</summary>
    /// <exception cref="NetLabException">The server refuses, or says something else.</exception>
    internal async ValueTask AskAsync(Transport transport, CancellationToken cancellationToken)
    {
        if (startTls is not { } protocol)
        {
            return;
        }

        try
        {
            await TalkAsync(transport, StartTlsDialogue.For(protocol, name), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            throw Failed("the server closed the connection", error);
        }
    }

    private async ValueTask TalkAsync(Transport transport, StartTlsDialogue dialogue, CancellationToken cancellationToken)
    {
        byte[] received = new byte[MostPlainBytes];
        int used = 0;
        int count = 0;
        while (true)
        {
            StartTlsStep step = dialogue.Next(received.AsSpan(used, count - used));
            used += step.Used;
            if (step.Refusal is not null)
            {
                throw Failed(step.Refusal);
            }

            if (step.Send is not null)
            {
                await transport.SendAsync(step.Send, cancellationToken).ConfigureAwait(false);
            }

            if (step.IsDone)
            {
                // What was said in plain text must never count as said under TLS (CVE-2011-0411).
                if (count > used || transport.TryReceive(new byte[1]) > 0)
                {
                    throw Failed("more plain text followed the answer, which TLS would not have protected");
                }

                return;
            }

            if (step.NeedsMore)
            {
                count += await ReceiveAsync(transport, received.AsMemory(count), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<int> ReceiveAsync(Transport transport, Memory<byte> free, CancellationToken cancellationToken)
    {
        if (free.IsEmpty)
        {
            throw Failed($"the server said more than {MostPlainBytes / 1024} KiB, and no word of TLS");
        }

        int count;
        do
        {
            // While the server keeps sending, nothing waits, and so nothing else looks at the token.
            cancellationToken.ThrowIfCancellationRequested();
            await transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            count = transport.TryReceive(free.Span);
        }
        while (count < 0);
        return count > 0 ? count : throw Failed("the server closed the connection");
    }

    private NetLabException Failed(string why, Exception? error = null) => new(
        FaultKind.StartTlsFailed,
        $"{Target} did not begin TLS after {startTls}: {why}. Check the port, and whether the server has TLS switched on.",
        error);
}
