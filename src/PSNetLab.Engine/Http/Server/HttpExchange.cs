using System.Diagnostics;
using System.Net;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// One request and its answer, as a handler sees them. One serves a connection for all its requests: a handler does not
/// keep it.
/// </summary>
internal sealed class HttpExchange
{
    private readonly HttpConnection _connection;
    private byte[] _more = [];
    private int _moreLength;

    internal HttpExchange(HttpConnection connection, RequestHead request)
    {
        _connection = connection;
        Request = request;
    }

    /// <summary>What the request says.</summary>
    internal RequestHead Request { get; }

    /// <summary>The bytes of its head: lent, until the caller next waits for something. Empty when they could not be read.</summary>
    internal ReadOnlySpan<byte> Head => _connection.Head;

    /// <summary>The target as it came.</summary>
    internal ReadOnlySpan<byte> Target => Request.Target(Head);

    internal IPEndPoint RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>Who the client has shown to be, for the log.</summary>
    internal string? User { get; set; }

    /// <summary>The path of the file that is sent, for the record.</summary>
    internal string? Path { get; set; }

    /// <summary>The value of a field; of one that did not come, nothing.</summary>
    internal ReadOnlySpan<byte> Get(HttpHeader header) => Request.Get(header, Head);

    /// <summary>Takes some of the body: a number of bytes, 0 at its end.</summary>
    /// <exception cref="IOException">It is not as it should be, or did not come.</exception>
    internal async ValueTask<int> ReadAsync(Memory<byte> destination)
    {
        int count = await _connection.ReadBodyAsync(destination, isFirst: true).ConfigureAwait(false);
        await LoopThread.Leave();
        return count;
    }

    /// <summary>
    /// Takes the whole body. Null when it is longer than allowed: then the answer is 413 (Content Too Large), and the
    /// handler is done.
    /// </summary>
    /// <exception cref="IOException">It is not as it should be, or did not come.</exception>
    internal async ValueTask<byte[]?> ReadBodyAsync(int mostBytes)
    {
        byte[]? body = await _connection.ReadBodyAsync(mostBytes).ConfigureAwait(false);
        await LoopThread.Leave();
        return body;
    }

    /// <summary>Answers with a response that has its content, or none.</summary>
    internal void Answer(Response response) => Answer(response.Status, response.Fields, response.Content);

    /// <summary>Answers.</summary>
    /// <param name="status">The status.</param>
    /// <param name="fieldLines">The lines of all fields but Date, Connection and those that say where the content ends.</param>
    /// <param name="content">What follows.</param>
    internal void Answer(int status, byte[] fieldLines, Content? content = null)
    {
        Content = content ?? Content.None;
        Begin(status, fieldLines, Content.Length);
    }

    /// <summary>Adds a field to those of the answer.</summary>
    internal void AddField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Append(name);
        Append(": "u8);
        Append(value);
        Append("\r\n"u8);
    }

    /// <summary>Sends the head of an answer whose content comes piece by piece, through <see cref="WriteAsync"/>.</summary>
    /// <param name="status">The status.</param>
    /// <param name="fieldLines">As in <see cref="Answer(int, byte[], Content?)"/>.</param>
    /// <param name="length">The bytes of the content, where they are known.</param>
    internal async ValueTask StartAsync(int status, byte[] fieldLines, long length = -1)
    {
        Begin(status, fieldLines, length);
        await _connection.StartStreamAsync().ConfigureAwait(false);
        await LoopThread.Leave();
    }

    /// <summary>Sends more of the content.</summary>
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        await _connection.WriteStreamAsync(data).ConfigureAwait(false);
        await LoopThread.Leave();
    }

    /// <summary>
    /// Sends a response that only prepares for the answer, such as 103 (Early Hints); nothing to clients that do not know
    /// such.
    /// </summary>
    internal async ValueTask InformAsync(int status, byte[] fieldLines)
    {
        await _connection.InformAsync(status, fieldLines).ConfigureAwait(false);
        await LoopThread.Leave();
    }

    /// <summary>Reports a fault that does not end the server.</summary>
    internal void Fault(NetLabException fault) => _connection.Fault(fault);

    // What follows is between the exchange and its connection.

    /// <summary>Whether there is a request that was not answered to the end.</summary>
    internal bool IsOpen { get; private set; }

    internal bool IsAnswered => Status != 0;

    internal long Started { get; private set; }

    internal HttpRequestRecord? Record { get; private set; }

    internal int Status { get; private set; }

    internal byte[] FieldLines { get; private set; } = [];

    internal ReadOnlySpan<byte> MoreFieldLines => _more.AsSpan(0, _moreLength);

    internal Content Content { get; private set; } = Content.None;

    /// <summary>The bytes of the content; -1 where nobody knows.</summary>
    internal long Length { get; private set; }

    /// <summary>Whether the content is sent in chunks.</summary>
    internal bool IsChunked { get; set; }

    /// <summary>Whether the answer has a body: one to HEAD has none, nor have some statuses.</summary>
    internal bool SendsBody => Request.Method != HttpMethod.Head && !HttpStatus.HasNoBody(Status);

    /// <summary>Begins with a request.</summary>
    /// <param name="record">What is to be told of it; null when nobody wants to know.</param>
    internal void Open(HttpRequestRecord? record)
    {
        IsOpen = true;
        Record = record;
        Started = record is null ? 0 : Stopwatch.GetTimestamp();
    }

    /// <summary>Takes an answer back that was not sent.</summary>
    internal void TakeBack()
    {
        Content.File?.Dispose();
        Content = Content.None;
        Status = _moreLength = 0;
        IsChunked = false;
    }

    /// <summary>Makes ready for the next request.</summary>
    internal void Close()
    {
        TakeBack();
        IsOpen = false;
        Record = null;
        User = Path = null;
    }

    private void Begin(int status, byte[] fieldLines, long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, HttpStatus.Most);
        if (IsAnswered)
        {
            throw new InvalidOperationException("The request is answered already.");
        }

        Status = status;
        FieldLines = fieldLines;
        Length = length;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_more.Length - _moreLength < bytes.Length)
        {
            Array.Resize(ref _more, Math.Max(2 * _more.Length, _moreLength + bytes.Length));
        }

        bytes.CopyTo(_more.AsSpan(_moreLength));
        _moreLength += bytes.Length;
    }
}
