using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>A response as it came over the wire, or as much of it as did.</summary>
public sealed class HttpReceivedResponse : IPartedText
{
    private readonly ReceivedHead? _head;

    /// <param name="head">The head; null if it did not arrive, or is not a head.</param>
    /// <param name="bytes">All bytes, with the framing of the body.</param>
    /// <param name="body">The body, without its framing.</param>
    /// <param name="trailers">The fields after the body.</param>
    internal HttpReceivedResponse(ReceivedHead? head, byte[] bytes, byte[] body, HttpFields trailers)
    {
        _head = head;
        AllBytes = bytes;
        BodyBytes = body;
        Trailers = trailers;
    }

    /// <summary>The version, such as HTTP/1.1; empty without a head.</summary>
    public string Version => _head?.Version ?? string.Empty;

    /// <summary>The status code; null without a head.</summary>
    public int? StatusCode => _head?.Status;

    /// <summary>The words after the status code; often empty.</summary>
    public string ReasonPhrase => _head?.Reason ?? string.Empty;

    /// <summary>The header fields, in their order.</summary>
    public HttpFields Headers => _head?.Fields ?? HttpFields.None;

    /// <summary>The body, without its framing, but as it was coded: compressed data stays compressed.</summary>
    public object Body => FileValue.With(BodyBytes);

    /// <summary>The body as text, in the charset of Content-Type, or in UTF-8.</summary>
    public string BodyText => ShownBody.Decode(BodyBytes, Headers["Content-Type"]);

    /// <summary>The fields after the last chunk.</summary>
    public HttpFields Trailers { get; }

    /// <summary>All bytes, with the framing of the body.</summary>
    public object Bytes => FileValue.With(AllBytes);

    /// <summary>All bytes as text.</summary>
    public string Text => ShownBody.Decode(AllBytes, Headers["Content-Type"]);

    internal byte[] BodyBytes { get; }

    internal byte[] AllBytes { get; }

    IEnumerable<(string Name, object? Value)> IPartedText.Parts =>
    [
        (nameof(Version), Version),
        (nameof(StatusCode), StatusCode),
        (nameof(ReasonPhrase), ReasonPhrase),
        (nameof(Headers), Headers),
        (nameof(Bytes), Bytes),
        (nameof(Text), Text),
    ];

    /// <summary>The status line.</summary>
    public override string ToString() => $"{Version} {StatusCode} {ReasonPhrase}".Trim();
}
