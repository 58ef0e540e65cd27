using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Client;

/// <summary>The head of a response, interim or final.</summary>
internal sealed class ReceivedHead
{
    // "HTTP/1.1 200", before the space and the reason.
    private const int ReasonStart = 12;

    private readonly byte[] _understood;
    private readonly int _fieldsStart;
    private HttpFields? _fields;

    /// <param name="parsed">The head as the parser understood it.</param>
    /// <param name="understood">The bytes that the parser got.</param>
    /// <param name="bytes">The bytes as received.</param>
    /// <param name="method">The method of the request.</param>
    /// <param name="remarks">What a strict reader refuses in it.</param>
    internal ReceivedHead(
        ResponseHead parsed, byte[] understood, byte[] bytes, HttpMethod method, IReadOnlyList<string> remarks)
    {
        Bytes = bytes;
        Remarks = remarks;
        Status = parsed.Status;
        _understood = understood;
        _fieldsStart = parsed.FieldsStart;
        IsInformational = parsed.IsInformational;
        IsUpgrade = parsed.IsUpgrade;
        ContentLength = parsed.ContentLength;
        Body = parsed.BodyFor(method);
        HasCodedBody = parsed.IsCoded && Body.Framing != BodyFraming.None;
        KeepsConnection = parsed.KeepAlive && !parsed.IsUpgrade && Body.Framing != BodyFraming.UntilClose && remarks.Count == 0;
    }

    /// <summary>The version as received, such as HTTP/1.1.</summary>
    internal string Version
    {
        get
        {
            ReadOnlySpan<byte> line = Bytes.AsSpan().TrimStart("\r\n"u8);
            return Encoding.Latin1.GetString(line[..Math.Max(line.IndexOfAny((byte)' ', (byte)'\r', (byte)'\n'), 0)]);
        }
    }

    internal int Status { get; }

    internal string Reason
    {
        get
        {
            ReadOnlySpan<byte> rest = _understood.AsSpan(ReasonStart.._fieldsStart).TrimEnd("\r\n"u8);
            return HttpSyntax.ToText(rest.IsEmpty ? rest : rest[1..]);
        }
    }

    /// <summary>The fields as text. That is made when it is asked for: one who passes a head on needs none.</summary>
    internal HttpFields Fields => _fields ??= HttpFields.Read(Lines);

    /// <summary>The fields as bytes.</summary>
    internal FieldEnumerator Lines => new(_understood.AsSpan(_fieldsStart));

    /// <summary>The bytes as received, with the empty line at their end.</summary>
    internal byte[] Bytes { get; }

    /// <inheritdoc cref="ResponseHead.IsInformational"/>
    internal bool IsInformational { get; }

    /// <inheritdoc cref="ResponseHead.IsUpgrade"/>
    internal bool IsUpgrade { get; }

    /// <inheritdoc cref="MessageHead.ContentLength"/>
    internal long ContentLength { get; }

    /// <summary>Whether the body has a transfer coding that nobody here takes off.</summary>
    internal bool HasCodedBody { get; }

    /// <summary>A new reader for the body.</summary>
    internal BodyReader Body { get; }

    /// <summary>
    /// Whether another request may follow on the connection. Not after a malformed head: the next one may have been smuggled in.
    /// </summary>
    internal bool KeepsConnection { get; }

    /// <summary>What a strict reader refuses in the head, each in a sentence.</summary>
    internal IReadOnlyList<string> Remarks { get; }
}
