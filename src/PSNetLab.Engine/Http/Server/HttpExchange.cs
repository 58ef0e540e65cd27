using System.Diagnostics;
using System.Net;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <summary>
/// One request and its answer, as a handler sees them. A connection reuses the object for all its requests, so a handler
/// must not keep it.
/// </summary>
internal sealed partial class HttpExchange
{
    private static readonly byte[] s_lastChunk = "0\r\n\r\n"u8.ToArray();

    private readonly HttpConnection _connection;
    private byte[] _more = [];
    private int _moreLength;
    private HttpRequestRecord? _own;

    internal HttpExchange(HttpConnection connection, RequestHead request)
    {
        _connection = connection;
        Request = request;
    }

    /// <summary>The parsed head of the request.</summary>
    internal RequestHead Request { get; }

    /// <summary>The bytes of the head, valid until the caller's next await; empty if the head is malformed.</summary>
    internal ReadOnlySpan<byte> Head => _connection.Head;

    /// <summary>The target as received.</summary>
    internal ReadOnlySpan<byte> Target => Request.Target(Head);

    internal IPEndPoint RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>Whether nobody can get the answer any more: the client has reset the connection, or the server ends it.</summary>
    /// <remarks>A client that has only shut down its sending side still waits for its answer.</remarks>
    internal bool HasLeft => _connection.HasLeft;

    /// <summary>Cancelled when the server asks its connections to end, or ends this one.</summary>
    internal CancellationToken Ending => _connection.Ending;

    /// <summary>The authenticated user, for the log; null if there is none.</summary>
    internal string? User { get; set; }

    /// <summary>The path of the file that is sent, for the record; null if there is none.</summary>
    internal string? File { get; set; }

    /// <summary>What a handler keeps from TryHandle for HandleAsync.</summary>
    internal object? Kept { get; set; }

    /// <summary>The value of a field; empty if it is missing.</summary>
    internal ReadOnlySpan<byte> Get(HttpHeader header) => Request.Get(header, Head);

    /// <summary>The whole body, once <see cref="TryReadBody"/> or <see cref="ReadBodyAsync"/> has read it; null before that.</summary>
    internal byte[]? Body { get; private set; }

    /// <summary>The field lines after a body in chunks, once it was read; empty if there are none.</summary>
    internal ReadOnlySpan<byte> Trailers => _connection.Trailers;

    /// <summary>
    /// Reads the whole body if it has arrived together with the head; false if it has not, or is longer than
    /// <paramref name="mostBytes"/>, and only <see cref="ReadBodyAsync"/> can tell.
    /// </summary>
    internal bool TryReadBody(int mostBytes)
    {
        Body ??= _connection.TryReadBody(mostBytes);
        return Body is not null;
    }

    /// <summary>Reads a part of the body; returns the number of bytes, 0 at the end.</summary>
    /// <exception cref="IOException">The body is malformed or did not arrive completely.</exception>
    internal async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        int count = await _connection.ReadBodyAsync(destination, isFirst: true, cancellationToken).ConfigureAwait(false);
        await LoopThread.Leave();
        return count;
    }

    /// <summary>Reads a part of the body that has arrived; returns the number of bytes, 0 if there is none.</summary>
    /// <exception cref="IOException">The body is malformed.</exception>
    internal int ReadNow(Span<byte> destination) => _connection.ReadBodyNow(destination);

    /// <summary>Whether the body was read to its end.</summary>
    internal bool HasReadBody => _connection.HasReadBody;

    /// <summary>Cancelled when the connection is ended from elsewhere.</summary>
    internal CancellationToken Ended => _connection.Ended;

    /// <summary>
    /// Reads the whole body. If it is longer than <paramref name="mostBytes"/>, answers 413 (Content Too Large) and returns
    /// null: the handler just returns.
    /// </summary>
    /// <exception cref="IOException">The body is malformed or did not arrive completely.</exception>
    internal async ValueTask<byte[]?> ReadBodyAsync(int mostBytes)
    {
        Body ??= await _connection.ReadBodyAsync(mostBytes).ConfigureAwait(false);
        await LoopThread.Leave();
        return Body;
    }

    /// <summary>Answers with a prepared response.</summary>
    internal void Answer(Response response) => Answer(response.Status, response.Fields, response.Content);

    /// <summary>Answers with a status, fields and content.</summary>
    /// <param name="status">The status, from 200 to 999.</param>
    /// <param name="fieldLines">The lines of all fields except Date, Connection, Content-Length and Transfer-Encoding.</param>
    /// <param name="content">The body; null for none.</param>
    internal void Answer(int status, byte[] fieldLines, Content? content = null)
    {
        Content = content ?? Content.None;
        Begin(status, fieldLines, Content.Length);
    }

    /// <summary>
    /// Gives the connection to the handler instead of an answer. What it sends is not checked; afterwards the connection ends.
    /// </summary>
    /// <param name="status">The status for the record; 0 if none is sent.</param>
    /// <param name="serve">Sends and receives. Not called on the thread of an event loop.</param>
    internal void TakeOver(int status, Func<HttpTakeover, ValueTask> serve)
    {
        if (IsAnswered)
        {
            throw new InvalidOperationException("The request is answered already.");
        }

        Status = status;
        Takeover = serve;
    }

    /// <summary>
    /// Lets time pass without a thread. Ends early, with an <see cref="OperationCanceledException"/>, if the connection is ended.
    /// </summary>
    internal async ValueTask DelayAsync(TimeSpan time)
    {
        await _connection.DelayAsync(time).ConfigureAwait(false);
        await LoopThread.Leave();
    }

    /// <summary>The record of the request; makes one if nobody observes the server. Only while the head is valid.</summary>
    internal HttpRequestRecord EnsureRecord() => Record ?? (_own ??= _connection.MakeRecord());

    /// <summary>Fields for each answer that has none of the same name.</summary>
    internal (byte[] Name, byte[] Value)[] Usual { get; set; } = [];

    /// <summary>Adds a field to the answer.</summary>
    internal void AddField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Append(name);
        Append(": "u8);
        Append(value);
        Append("\r\n"u8);
    }

    /// <summary>Reports an error to the server's observer. The server goes on.</summary>
    internal void Fault(NetLabException fault) => _connection.Fault(fault);

    // The members below are for the connection, not for handlers.

    /// <summary>Whether there is a request whose answer is not finished.</summary>
    internal bool IsOpen { get; private set; }

    internal bool IsAnswered => Status != 0 || Takeover is not null;

    /// <summary>Serves the connection from now on; null if the handler has not taken it over.</summary>
    internal Func<HttpTakeover, ValueTask>? Takeover { get; private set; }

    internal long Started { get; private set; }

    internal HttpRequestRecord? Record { get; private set; }

    internal int Status { get; private set; }

    internal byte[] FieldLines { get; private set; } = [];

    internal ReadOnlySpan<byte> MoreFieldLines => _more.AsSpan(0, _moreLength);

    internal Content Content { get; private set; } = Content.None;

    /// <summary>The length of the content in bytes; -1 if it is not known.</summary>
    internal long Length { get; private set; }

    /// <summary>Whether the content is sent in chunks.</summary>
    internal bool IsChunked { get; set; }

    /// <summary>The end of content in chunks.</summary>
    internal byte[] LastChunk { get; private set; } = s_lastChunk;

    /// <summary>Whether the answer has a body: not if the method is HEAD, and not with a status such as 304.</summary>
    internal bool SendsBody => Request.Method != HttpMethod.Head && !HttpStatus.IsEmpty(Status) && !IsTunnel;

    /// <summary>Whether only the end of the connection ends the content.</summary>
    internal bool EndsByClose => SendsBody && Length < 0 && !IsChunked;

    /// <summary>Whether the answer opens a tunnel, so that whatever follows is no longer HTTP (RFC 9110, section 9.3.6).</summary>
    internal bool IsTunnel => Request.Method == HttpMethod.Connect && Status is >= 200 and < 300;

    /// <summary>Begins a request.</summary>
    /// <param name="record">The record of the request; null if nobody observes the server.</param>
    internal void Open(HttpRequestRecord? record)
    {
        IsOpen = true;
        Record = record;
        Started = record is null ? 0 : Stopwatch.GetTimestamp();
    }

    /// <summary>Discards an answer that was not sent.</summary>
    internal void TakeBack()
    {
        Content.File?.Dispose();
        Content = Content.None;
        Status = _moreLength = 0;
        IsChunked = HasDate = false;
        LastChunk = s_lastChunk;
        Takeover = null;
    }

    /// <summary>Prepares for the next request.</summary>
    internal void Close()
    {
        TakeBack();
        IsOpen = false;
        Record = null;
        User = File = null;
        Body = null;
        Kept = _own = null;
        Usual = [];
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
        AddUsual(fieldLines);
    }

    /// <summary>Adds the usual fields, except those that the answer has.</summary>
    internal void AddUsual(byte[] fieldLines)
    {
        foreach ((byte[] name, byte[] value) in Usual)
        {
            if (!Has(fieldLines, name) && !Has(MoreFieldLines, name))
            {
                AddField(name, value);
            }
        }
    }

    private static bool Has(ReadOnlySpan<byte> lines, ReadOnlySpan<byte> name)
    {
        FieldEnumerator fields = new(lines);
        while (fields.MoveNext())
        {
            if (Ascii.EqualsIgnoreCase(fields.Name, name))
            {
                return true;
            }
        }

        return false;
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
