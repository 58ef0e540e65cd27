using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>A client of HTTP that sends what it is given and takes the answers strictly by their framing.</summary>
internal sealed partial class HttpPeer(Peer peer, Stream stream) : IDisposable
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    internal Socket Socket => peer.Socket;

    private ReadOnlySpan<byte> Came => _buffer.AsSpan(_start, _end - _start);

    internal static async Task<HttpPeer> ConnectAsync(EndPoint endPoint, bool tls = false)
    {
        Peer peer = await Peer.ConnectAsync(endPoint);
        return await OverAsync(peer, tls);
    }

    internal static async Task<HttpPeer> OverAsync(Peer peer, bool tls)
    {
        if (!tls)
        {
            return new HttpPeer(peer, peer.Stream);
        }

        SslStream secured = new(peer.Stream);
        await secured.AuthenticateAsClientAsync(Certificates.ClientOptions).Soon();
        return new HttpPeer(peer, secured);
    }

    /// <summary>Sends text, a byte for a character.</summary>
    internal Task SendAsync(string text) => SendAsync(HttpHead.Bytes(text));

    internal Task SendAsync(byte[] data) => stream.WriteAsync(data).Soon();

    /// <summary>Sends a request without body and takes its answer.</summary>
    internal async Task<HttpAnswer> AskAsync(string method, string target, params string[] fields)
    {
        await SendAsync(
            $"{method} {target} HTTP/1.1\r\n{string.Concat(fields.Prepend("Host: localhost").Select(field => field + "\r\n"))}\r\n");
        return await AnswerAsync(isHead: method == "HEAD");
    }

    internal Task<HttpAnswer> GetAsync(string target, params string[] fields) => AskAsync("GET", target, fields);

    /// <summary>The next answer.</summary>
    internal async Task<HttpAnswer> AnswerAsync(bool isHead = false)
    {
        int end;
        while ((end = Came.IndexOf("\r\n\r\n"u8)) < 0)
        {
            await MoreAsync("a head");
        }

        string head = Encoding.Latin1.GetString(Take(end + 4)[..^4]);
        Match line = StatusLine().Match(head);
        Assert.True(line.Success, $"No status line: {head}");
        int status = int.Parse(line.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        HttpAnswer answer = new(status, head, []);
        if (isHead || status is 204 or 304)
        {
            return answer;
        }

        long length =
            long.Parse(answer["Content-Length"] ?? throw new InvalidDataException($"No Content-Length: {head}"), NumberStyles.None,
                CultureInfo.InvariantCulture);
        return answer with { Body = await BytesAsync((int)length) };
    }

    /// <summary>
    /// The next response of any framing, read with the parsers a client uses; informational ones are answers of their own.
    /// </summary>
    internal async Task<HttpAnswer> ResponseAsync(string method = "GET")
    {
        ResponseHead head = new();
        while (head.Parse(Came, HttpHead.Limits) == ParseStatus.Incomplete)
        {
            await MoreAsync("a head");
        }

        Assert.Equal(string.Empty, head.FailedReason);
        string text = Encoding.Latin1.GetString(Take(head.HeadLength)[..^4]);
        BodyReader body = head.BodyFor(HttpMethods.Find(HttpHead.Bytes(method)));
        List<byte> data = [];
        while (body.Status == ParseStatus.Incomplete)
        {
            body.ReadAll(Came, data, out int consumed);
            _start += consumed;
            if (body.Status == ParseStatus.Incomplete && !await ReceiveAsync())
            {
                body.End();
            }
        }

        Assert.True(body.Status == ParseStatus.Complete, $"{body.Fault} There were {data.Count} bytes.");
        return new HttpAnswer(head.Status, text, [.. data]);
    }

    /// <summary>Receives a number of bytes, and leaves them to whoever takes the next answer.</summary>
    internal async Task FillAsync(int count)
    {
        while (Came.Length < count)
        {
            await MoreAsync($"{count} bytes");
        }
    }

    /// <summary>The next bytes, whatever they are.</summary>
    internal async Task<byte[]> BytesAsync(int count)
    {
        await FillAsync(count);
        return Take(count);
    }

    /// <summary>Whatever comes until the server closes.</summary>
    internal async Task<byte[]> RestAsync()
    {
        try
        {
            while (await ReceiveAsync())
            {
            }
        }
        catch (IOException)
        {
            // A reset is an end, too.
        }

        return Take(Came.Length);
    }

    /// <summary>Fails unless the server closes without another byte, and in good order.</summary>
    internal async Task AssertClosedAsync()
    {
        while (await ReceiveAsync())
        {
        }

        Assert.Equal(string.Empty, Encoding.Latin1.GetString(Came));
    }

    public void Dispose()
    {
        stream.Dispose();
        peer.Dispose();
    }

    [GeneratedRegex(@"^HTTP/1\.1 ([1-5]\d\d) [A-Z][A-Za-z ]+\r\n")]
    private static partial Regex StatusLine();

    private async Task MoreAsync(string what)
    {
        if (!await ReceiveAsync())
        {
            throw new EndOfStreamException($"The server closed before {what}; there were {Came.Length} bytes: "
                + $"{Encoding.Latin1.GetString(Came[..Math.Min(200, Came.Length)])}");
        }
    }

    private async Task<bool> ReceiveAsync()
    {
        if (_end == _buffer.Length)
        {
            byte[] larger = new byte[Math.Max(2 * Came.Length, _buffer.Length)];
            Came.CopyTo(larger);
            (_buffer, _start, _end) = (larger, 0, Came.Length);
        }

        int count = await stream.ReadAsync(_buffer.AsMemory(_end)).Soon();
        _end += count;
        return count > 0;
    }

    private byte[] Take(int count)
    {
        byte[] taken = Came[..count].ToArray();
        _start += count;
        return taken;
    }
}
