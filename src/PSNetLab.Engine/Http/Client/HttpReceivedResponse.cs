using System.Diagnostics.CodeAnalysis;
using PSNetLab.Engine.Http.Client;

namespace PSNetLab;

/// <summary>A response as it came over the wire, or as much of it as did.</summary>
public sealed class HttpReceivedResponse
{
    private readonly ReceivedHead? _head;

    /// <param name="head">The head; null if it did not arrive, or is not a head.</param>
    /// <param name="bytes">All bytes, with the framing of the body.</param>
    /// <param name="body">The body, without its framing.</param>
    /// <param name="trailers">The fields after the body.</param>
    internal HttpReceivedResponse(ReceivedHead? head, byte[] bytes, byte[] body, HttpFields trailers)
    {
        _head = head;
        Bytes = bytes;
        Body = body;
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
    [SuppressMessage("Performance", "CA1819", Justification = "PowerShell shows arrays.")]
    public byte[] Body { get; }

    /// <summary>The body as text, in the charset of Content-Type, or in UTF-8.</summary>
    public string BodyText => ShownBody.Decode(Body, Headers["Content-Type"]);

    /// <summary>The fields after the last chunk.</summary>
    public HttpFields Trailers { get; }

    /// <summary>All bytes, with the framing of the body.</summary>
    [SuppressMessage("Performance", "CA1819", Justification = "PowerShell shows arrays.")]
    public byte[] Bytes { get; }

    /// <summary>All bytes as text.</summary>
    public string Text => ShownBody.Decode(Bytes, Headers["Content-Type"]);

    /// <summary>The status line.</summary>
    public override string ToString() => $"{Version} {StatusCode} {ReasonPhrase}".Trim();
}
