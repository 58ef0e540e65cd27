using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>An answer that goes wrong in a certain way.</summary>
internal sealed class FaultyAnswer(StubAnswer answer, HttpFault fault, AnswerBody body, bool isHead)
{
    private const int GarbageBytes = 256;
    private const int SlowBytesPerSecond = 10;
    private const int DiscardBytes = 4096;

    /// <summary>The status for the record: 0 where the client gets none.</summary>
    internal int RecordedStatus => fault is HttpFault.Empty or HttpFault.Garbage or HttpFault.BadStatusLine
        || (fault == HttpFault.Reset && answer.AfterBytes is null) ? 0 : answer.Status;

    // Half of the body, unless told otherwise.
    private long Before => Math.Min(answer.AfterBytes ?? (body.Length / 2), body.Length);

    private long SentLength => isHead ? 0 : body.Length;

    /// <summary>Sends it.</summary>
    internal async ValueTask ServeAsync(HttpTakeover connection)
    {
        using (body)
        {
            connection.IsComplete = false;
            switch (fault)
            {
                case HttpFault.Reset:
                    if (answer.AfterBytes is not null)
                    {
                        await SendHeadAsync(connection, body.Length).ConfigureAwait(false);
                        await SendBodyAsync(connection, 0, Before).ConfigureAwait(false);
                    }

                    connection.Reset();
                    break;
                case HttpFault.Empty:
                    break;
                case HttpFault.Truncate:
                    // A body of no bytes cannot be cut, so one is announced.
                    await SendHeadAsync(connection, Math.Max(body.Length, 1)).ConfigureAwait(false);
                    await SendBodyAsync(connection, 0, Math.Min(Before, Math.Max(body.Length - 1, 0))).ConfigureAwait(false);
                    break;
                case HttpFault.ChunkError:
                    await SendChunkErrorAsync(connection).ConfigureAwait(false);
                    break;
                case HttpFault.Garbage:
                    byte[] garbage = new byte[GarbageBytes];
                    Random.Shared.NextBytes(garbage);
                    garbage[0] = 0xFF; // never the start of a status line
                    connection.Length = GarbageBytes;
                    await connection.SendAsync(garbage).ConfigureAwait(false);
                    break;
                case HttpFault.Stall:
                    await SendHeadAsync(connection, Math.Max(body.Length, 1)).ConfigureAwait(false);
                    await SendBodyAsync(connection, 0, Math.Min(Before, Math.Max(body.Length - 1, 0))).ConfigureAwait(false);
                    await WaitForEndAsync(connection).ConfigureAwait(false);
                    break;
                case HttpFault.SlowBody:
                    connection.IsComplete = true;
                    connection.Length = SentLength;
                    await SendHeadAsync(connection, body.Length).ConfigureAwait(false);
                    await SendBodyAsync(connection, 0, body.Length).ConfigureAwait(false);
                    break;
                case HttpFault.BadStatusLine:
                    connection.Length = SentLength;
                    byte[] head = connection.FormatHead(answer.Status, answer.FieldLines, body.Length);
                    string line = $"HTTP/1.1 {HttpStatus.Reason(answer.Status)} {answer.Status}\r\n";
                    await connection.SendHeadAsync((byte[])[.. Encoding.ASCII.GetBytes(line), .. AfterStatusLine(head)])
                        .ConfigureAwait(false);
                    await SendBodyAsync(connection, 0, body.Length).ConfigureAwait(false);
                    break;
                case HttpFault.WrongLength:
                    connection.Length = SentLength;
                    await SendHeadAsync(connection, Before).ConfigureAwait(false);
                    await SendBodyAsync(connection, 0, body.Length).ConfigureAwait(false);
                    break;
            }
        }
    }

    private static byte[] AfterStatusLine(byte[] head) => head[(head.AsSpan().IndexOf("\r\n"u8) + 2)..];

    private static async ValueTask WaitForEndAsync(HttpTakeover connection)
    {
        byte[] discarded = new byte[DiscardBytes];
        while (await connection.ReceiveAsync(discarded).ConfigureAwait(false) > 0)
        {
        }
    }

    private ValueTask SendHeadAsync(HttpTakeover connection, long length)
        => connection.SendHeadAsync(connection.FormatHead(answer.Status, answer.FieldLines, length));

    private ValueTask SendBodyAsync(HttpTakeover connection, long start, long count)
    {
        int speed = answer.BytesPerSecond > 0 ? answer.BytesPerSecond : fault == HttpFault.SlowBody ? SlowBytesPerSecond : 0;
        return isHead ? default : body.SendAsync(connection.SendAsync, start, count, speed, connection.DelayAsync);
    }

    /// <summary>One good chunk, if there is something for it, and then one whose size is no number.</summary>
    private async ValueTask SendChunkErrorAsync(HttpTakeover connection)
    {
        await SendHeadAsync(connection, -1).ConfigureAwait(false);
        if (Before > 0 && !isHead)
        {
            string size = string.Create(CultureInfo.InvariantCulture, $"{Before:x}\r\n");
            await connection.SendAsync(Encoding.ASCII.GetBytes(size)).ConfigureAwait(false);
            await SendBodyAsync(connection, 0, Before).ConfigureAwait(false);
            await connection.SendAsync("\r\n"u8.ToArray()).ConfigureAwait(false);
        }

        byte[] end = "not-a-size\r\n"u8.ToArray();
        connection.Length = connection.Sent + end.Length;
        await connection.SendAsync(end).ConfigureAwait(false);
    }
}
