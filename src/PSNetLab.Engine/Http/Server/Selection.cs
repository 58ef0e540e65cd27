using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Makes the response that refuses a request.</summary>
internal delegate Response Refusal(HttpExchange exchange, int status, string explanation, params KeyValuePair<string, string>[] fields);

/// <summary>
/// Answers with a part of some content, or without it, as preconditions and ranges ask for (RFC 9110, sections 13 and 14).
/// </summary>
internal static class Selection
{
    /// <summary>Answers a request with preconditions or ranges; false if the whole file is to be sent.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="form">The response that would send all of it.</param>
    /// <param name="content">Its content.</param>
    /// <param name="refuse">Makes the response for a status, an explanation and fields.</param>
    internal static bool TryAnswer(HttpExchange exchange, SelectableResponse form, Content content, Refusal refuse)
    {
        PreconditionResult result = Preconditions.Evaluate(
            exchange.Get(HttpHeader.IfMatch),
            exchange.Get(HttpHeader.IfUnmodifiedSince),
            exchange.Get(HttpHeader.IfNoneMatch),
            exchange.Get(HttpHeader.IfModifiedSince),
            form.ETag,
            form.LastModified);
        if (result == PreconditionResult.NotModified)
        {
            exchange.Answer(form.NotModified);
            return true;
        }

        if (result == PreconditionResult.Failed)
        {
            exchange.Answer(refuse(exchange, 412, "The file is not, or not any more, the one that the request means."));
            return true;
        }

        RequestHead request = exchange.Request;
        if (request.Method != HttpMethod.Get || !request.Has(HttpHeader.Range)
            || (request.Has(HttpHeader.IfRange)
                && !Preconditions.IfRangeHolds(exchange.Get(HttpHeader.IfRange), form.ETag, form.LastModified)))
        {
            return false;
        }

        Span<ByteRange> ranges = stackalloc ByteRange[ByteRanges.Most];
        switch (ByteRanges.Parse(exchange.Get(HttpHeader.Range), content.Length, ranges, out int count))
        {
            case RangeResult.Unsatisfiable:
                string text = $"The file has {content.Length} bytes; no requested range lies within them.";
                exchange.Answer(refuse(exchange, 416, text, FieldLines.Field("Content-Range", $"bytes */{content.Length}")));
                return true;
            case RangeResult.Satisfiable when count == 1:
                AnswerRange(exchange, form, content, ranges[0]);
                return true;
            case RangeResult.Satisfiable:
                AnswerRanges(exchange, form, content, ranges[..count]);
                return true;
            default:
                return false;
        }
    }

    private static void AnswerRange(HttpExchange exchange, SelectableResponse form, Content content, ByteRange range)
    {
        exchange.Answer(206, form.Fields, content.Slice(range));
        Span<byte> value = stackalloc byte[80];
        Utf8.TryWrite(value, $"bytes {range.Start}-{range.End}/{content.Length}", out int length);
        exchange.AddField("Content-Range"u8, value[..length]);
    }

    /// <summary>Several ranges as multipart/byteranges (RFC 9110, section 14.6).</summary>
    private static void AnswerRanges(HttpExchange exchange, SelectableResponse form, Content content, ReadOnlySpan<ByteRange> ranges)
    {
        // Random, so that no file can contain it on purpose.
        string boundary = Convert.ToHexString(RandomNumberGenerator.GetBytes(12));
        var parts = new (byte[] Lines, ByteRange Range)[ranges.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            ByteRange range = ranges[i];
            string start = i == 0 ? string.Empty : "\r\n";
            string lines = $"Content-Type: {form.MediaType}\r\nContent-Range: bytes {range.Start}-{range.End}/{content.Length}\r\n\r\n";
            parts[i] = (Encoding.ASCII.GetBytes($"{start}--{boundary}\r\n{lines}"), range);
        }

        exchange.Answer(206, form.CommonFields, content.Cut(new ContentRanges(parts, Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n"))));
        exchange.AddField("Content-Type"u8, Encoding.ASCII.GetBytes($"multipart/byteranges; boundary={boundary}"));
    }
}
