using System.Net;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>One event of a transcript: what happened, when, in which conversation, and the bytes that went by.</summary>
public sealed class NetTranscriptEvent
{
    private string? _text;

    internal NetTranscriptEvent()
    {
    }

    /// <summary>The number of the event within its transcript, in the order of recording, from 1.</summary>
    public long Sequence { get; internal init; }

    /// <summary>When it happened, in local time. Bytes: when they were read, or given to the system to send.</summary>
    public object Time => FileValue.With(Moment);

    /// <summary>The milliseconds since the conversation began.</summary>
    public object ElapsedMilliseconds => FileValue.With(Elapsed.TotalMilliseconds);

    /// <summary>The number of the conversation: the Id of its connection, or for UDP a number for each peer.</summary>
    public int ConnectionId { get; internal init; }

    /// <summary>What carries the conversation.</summary>
    public NetTranscriptProtocol Protocol { get; internal init; }

    /// <summary>What happened.</summary>
    public NetTranscriptKind Kind { get; internal init; }

    /// <summary>Which way: of bytes, of the end of a stream, of a reset; null where there is none.</summary>
    public NetTranscriptDirection? Direction { get; internal init; }

    /// <summary>The number of bytes in <see cref="Data"/>, or of those that are missing.</summary>
    public long Length { get; internal init; }

    /// <summary>The bytes; null for an event without any. Over TLS, in the clear.</summary>
    public object? Data => FileValue.Of(Bytes);

    /// <summary>The bytes decoded as the connection decodes text; invalid ones appear as U+FFFD. Null without bytes.</summary>
    public string? Text => Bytes is null ? null : _text ??= TextEncoding.GetString(Bytes);

    /// <summary>The name of the encoding of <see cref="Text"/>.</summary>
    public string Encoding => TextEncoding.WebName;

    /// <summary>Whether the bytes went over TLS, which was taken off.</summary>
    public bool IsTls { get; internal init; }

    /// <summary>The address and port of the client, as text that has an Address and a Port.</summary>
    public object ClientEndPoint => EndPointText.Of(Client);

    /// <summary>The address and port of the server, as text that has an Address and a Port.</summary>
    public object ServerEndPoint => EndPointText.Of(Server);

    /// <summary>More about the event, such as the version of TLS that was taken off, or the fault that was injected; or null.</summary>
    public string? Detail { get; internal init; }

    internal DateTime Moment { get; init; }

    internal byte[]? Bytes { get; init; }

    /// <summary>When, as Stopwatch counts; only of what this process recorded.</summary>
    internal long Timestamp { get; init; }

    /// <summary>The time since the conversation began.</summary>
    internal TimeSpan Elapsed { get; init; }

    internal IPEndPoint Client { get; init; } = null!;

    internal IPEndPoint Server { get; init; } = null!;

    internal Encoding TextEncoding { get; init; } = Engine.Primitives.TextEncoding.Default;

    /// <inheritdoc/>
    public override string ToString() => Direction is { } direction ? $"{Kind} {direction} ({Length} bytes)" : $"{Kind}";
}
