using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Client;

/// <summary>The head of a response, interim or final.</summary>
internal sealed class ReceivedHead
{
    /// <param name="parsed">The head as the parser understood it.</param>
    /// <param name="understood">The bytes that the parser got.</param>
    /// <param name="bytes">The bytes as received.</param>
    /// <param name="method">The method of the request.</param>
    /// <param name="remarks">What a strict reader refuses in it.</param>
    internal ReceivedHead(
        ResponseHead parsed, ReadOnlySpan<byte> understood, byte[] bytes, HttpMethod method, IReadOnlyList<string> remarks)
    {
        Bytes = bytes;
        Remarks = remarks;
        Status = parsed.Status;
        Reason = HttpSyntax.ToText(parsed.Reason(understood));
        ReadOnlySpan<byte> line = bytes.AsSpan().TrimStart("\r\n"u8);
        Version = Encoding.Latin1.GetString(line[..Math.Max(line.IndexOfAny((byte)' ', (byte)'\r', (byte)'\n'), 0)]);
        Fields = HttpFields.Read(parsed.Fields(understood));
        IsInformational = parsed.IsInformational;
        IsUpgrade = parsed.IsUpgrade;
        ContentLength = parsed.ContentLength;
        Body = parsed.BodyFor(method);
        KeepsConnection = parsed.KeepAlive && !parsed.IsUpgrade && Body.Framing != BodyFraming.UntilClose && remarks.Count == 0;
    }

    /// <summary>The version as received, such as HTTP/1.1.</summary>
    internal string Version { get; }

    internal int Status { get; }

    internal string Reason { get; }

    internal HttpFields Fields { get; }

    /// <summary>The bytes as received, with the empty line at their end.</summary>
    internal byte[] Bytes { get; }

    /// <inheritdoc cref="ResponseHead.IsInformational"/>
    internal bool IsInformational { get; }

    /// <inheritdoc cref="ResponseHead.IsUpgrade"/>
    internal bool IsUpgrade { get; }

    /// <inheritdoc cref="MessageHead.ContentLength"/>
    internal long ContentLength { get; }

    /// <summary>A new reader for the body.</summary>
    internal BodyReader Body { get; }

    /// <summary>
    /// Whether another request may follow on the connection. Not after a malformed head: the next one may have been smuggled in.
    /// </summary>
    internal bool KeepsConnection { get; }

    /// <summary>What a strict reader refuses in the head, each in a sentence.</summary>
    internal IReadOnlyList<string> Remarks { get; }
}
