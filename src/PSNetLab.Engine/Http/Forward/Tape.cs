using System.Diagnostics;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>Listens to one exchange, and gives it to the recorder when it is complete.</summary>
internal sealed class Tape : IDisposable
{
    private readonly Recorder _recorder;
    private readonly DateTimeOffset _time = DateTimeOffset.Now;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly string _method;
    private readonly string _target;
    private readonly List<KeyValuePair<string, string>> _sent = [];
    private readonly BodyTape _answer;

    /// <param name="recorder">Gets the exchange.</param>
    /// <param name="exchange">The exchange, with its head.</param>
    /// <param name="target">The path and query of the request.</param>
    internal Tape(Recorder recorder, HttpExchange exchange, ReadOnlySpan<byte> target)
    {
        _recorder = recorder;
        ReadOnlySpan<byte> head = exchange.Head;
        _method = HttpSyntax.ToText(exchange.Request.MethodText(head));
        _target = Escape(target);
        Request = exchange.Request.HasBody ? new BodyTape(recorder) : null;
        _answer = new BodyTape(recorder);
        Add(_sent, exchange.Request.Fields(head), exchange);
    }

    /// <summary>Gets the body of the request; null if it has none.</summary>
    internal BodyTape? Request { get; }

    /// <summary>Gets a piece of the body of the answer.</summary>
    internal void Hear(ReadOnlySpan<byte> piece) => _answer.Write(piece);

    /// <summary>Records the exchange, whose answer is complete now.</summary>
    /// <param name="head">The head of the answer.</param>
    /// <param name="isWhole">Whether all of the request has come; if not, its body is not recorded.</param>
    /// <param name="place">Makes a place on the upstream one here.</param>
    internal void End(ReceivedHead head, bool isWhole, Func<string, string> place)
    {
        List<KeyValuePair<string, string>> fields = [];
        Add(fields, head.Lines);
        fields = fields.ConvertAll(field => field.Key.Equals("Location", StringComparison.OrdinalIgnoreCase)
            ? FieldLines.Field(field.Key, place(field.Value)) : field);
        BodyTape? request = isWhole ? Request : null;
        if (_answer.IsCrowdedOut || request?.IsCrowdedOut == true)
        {
            Lose("the bodies of the requests that are being answered take too much memory together. Record fewer at a time.");
            return;
        }

        byte[]? sent = Plain(request, _sent, out string? requestOmitted);
        byte[]? got = Plain(_answer, fields, out string? omitted);
        if (got is null || (sent is null && request is not null))
        {
            Lose($"a body is longer than {_recorder.MostBodyBytes} bytes. Raise -MaxBodyBytes.");
            return;
        }

        _recorder.Add(new RecordedExchange
        {
            Time = _time,
            Milliseconds = Stopwatch.GetElapsedTime(_started).TotalMilliseconds,
            Method = _method,
            Target = _target,
            RequestFields = _sent,
            RequestBody = requestOmitted is null ? sent : null,
            RequestOmitted = requestOmitted,
            Status = head.Status,
            Fields = fields,
            HeadLength = head.ContentLength,
            Body = got,
            Omitted = omitted,
        });
    }

    /// <summary>Says that the exchange is not recorded.</summary>
    internal void Lose(string why)
        => _recorder.OnLoss?.Invoke(
            PeerText.Visible($"{_method} {_recorder.Redactor.RedactTarget(_target)} was not recorded: {why}"));

    public void Dispose()
    {
        Request?.Dispose();
        _answer.Dispose();
    }

    private static void Add(List<KeyValuePair<string, string>> fields, FieldEnumerator all, HttpExchange? exchange = null)
    {
        bool hasConnection = ForwardedFields.HasConnection(all);
        FieldEnumerator one = all;
        while (one.MoveNext())
        {
            if (!ForwardedFields.StaysHere(one.Name, all, hasConnection) && !ForwardedFields.Is(one.Name, "Date"u8)
                && (exchange is null || !ForwardedFields.IsOwnLogin(one.Name, exchange)))
            {
                fields.Add(FieldLines.Field(HttpSyntax.ToText(one.Name), System.Text.Encoding.Latin1.GetString(one.Value)));
            }
        }
    }

    /// <summary>The body without its coding, which then leaves the fields; null if there is none, or if it is too long.</summary>
    private byte[]? Plain(BodyTape? body, List<KeyValuePair<string, string>> fields, out string? omitted)
    {
        omitted = null;
        return body?.Bytes is { } bytes
            ? BodyCodings.TakeOff(bytes, fields, new DecodingLimit(_recorder.MostBodyBytes), out omitted) : null;
    }

    /// <summary>The target as ASCII: clients may send other bytes as they are.</summary>
    private static string Escape(ReadOnlySpan<byte> target)
    {
        System.Text.StringBuilder text = new(target.IsEmpty || target[0] == '?' ? "/" : string.Empty);
        foreach (byte octet in target)
        {
            _ = octet is > 0x20 and < 0x7f ? text.Append((char)octet)
                : text.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }
}
