using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>Sends one query over TCP, where each message is behind its length (RFC 1035, section 4.2.2; RFC 7766).</summary>
internal static class DnsStreams
{
    private const int LengthBytes = 2;

    /// <summary>Connects, sends a query and waits for its answer.</summary>
    internal static async ValueTask<DnsExchange> AskAsync(
        IPEndPoint server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        (Transport? connected, SocketException? error) = await ProbeConnector.ConnectAsync(
            server, timeout, cancellationToken).ConfigureAwait(false);
        if (connected is null)
        {
            return new DnsExchange(null, 0) { Error = error };
        }

        using Transport transport = connected;
        if (transport.IsItself)
        {
            transport.ResetOnDispose();
            return new DnsExchange(null, 0) { Error = new SocketException((int)SocketError.ConnectionRefused) };
        }

        int strays = 0;
        TimeSpan left = timeout - Stopwatch.GetElapsedTime(started);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        try
        {
            byte[] framed = new byte[LengthBytes + query.Bytes.Length];
            BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Bytes.Length);
            query.Bytes.CopyTo(framed, LengthBytes);
            await transport.SendAsync(framed, limit.Token).ConfigureAwait(false);
            byte[] length = new byte[LengthBytes];
            while (true)
            {
                byte[] message = [];
                if (await FillAsync(transport, length, limit.Token).ConfigureAwait(false))
                {
                    message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                    if (await FillAsync(transport, message, limit.Token).ConfigureAwait(false))
                    {
                        switch (query.Match(message))
                        {
                            case DnsMatch.Answer:
                                return new DnsExchange(message, strays);
                            case DnsMatch.Malformed:
                                return new DnsExchange(message, strays) { Problem = DnsExchange.TooShort };
                            default:
                                strays++;
                                continue;
                        }
                    }
                }

                return new DnsExchange(null, strays) { Error = new SocketException((int)SocketError.Disconnecting) };
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DnsExchange.TimedOut(strays);
        }
        catch (SocketException fault)
        {
            return new DnsExchange(null, strays) { Error = fault };
        }
    }

    /// <summary>Receives until a buffer is full; false if the stream ends before.</summary>
    private static async ValueTask<bool> FillAsync(Transport transport, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            // While the server keeps sending, nothing waits, and so nothing else looks at the token.
            cancellationToken.ThrowIfCancellationRequested();
            await transport.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            int count = transport.TryReceive(buffer.Span);
            if (count == 0)
            {
                return false;
            }

            buffer = buffer[Math.Max(count, 0)..];
        }

        return true;
    }
}
