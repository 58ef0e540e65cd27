using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>What follows a head: bytes in memory or of a file, or several ranges of either with something between them.</summary>
/// <param name="Content">The bytes, where they are in memory.</param>
/// <param name="File">The file they are in otherwise.</param>
/// <param name="Start">Where they begin.</param>
/// <param name="Length">Their number; with ranges, of everything.</param>
/// <param name="Ranges">The ranges, each with the lines before it.</param>
/// <param name="End">The lines after the last range.</param>
internal readonly record struct Body(byte[]? Content, SafeFileHandle? File, long Start, long Length, (byte[] Lines, ByteRange Range)[]? Ranges = null, byte[]? End = null);

/// <summary>Writes the heads of responses, by what the request asks for beside its target.</summary>
internal static class Responder
{
    /// <summary>Writes the head of a response.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="request">The request.</param>
    /// <param name="head">Its bytes.</param>
    /// <param name="answer">What to answer with.</param>
    /// <param name="site">What makes the pages that say a status.</param>
    /// <param name="keepAlive">Whether the connection goes on.</param>
    /// <param name="status">The status that came out.</param>
    /// <returns>What is to be sent after it.</returns>
    internal static Body Write(ResponseWriter writer, RequestHead request, ReadOnlySpan<byte> head, Answer answer, WebSite site, bool keepAlive, out int status)
    {
        Resource resource = answer.Resource;
        status = resource.Status;
        if (resource is FileForm form && request.IsSelective)
        {
            if (Select(writer, request, head, form, site, keepAlive, out Resource? instead, out Body selected))
            {
                status = selected.Length > 0 || selected.Ranges is not null ? 206 : 304;
                return request.Method == HttpMethod.Head ? default : selected with { File = answer.File, Content = form.Content };
            }

            if (instead is not null)
            {
                resource = instead;
                answer = new Answer(instead);
                status = instead.Status;
            }
        }

        if (resource.AsPage is { } asPage && request.FailedStatus == 0 && !head.IsEmpty && Accept.NamesHtml(request.Get(HttpHeader.Accept, head)))
        {
            resource = asPage();
        }

        writer.Begin(status);
        writer.Append(resource.Fields);
        if (resource.Content is not null || resource.Source is not null)
        {
            writer.Append("Content-Length: "u8);
            writer.Append(resource.Length);
            writer.Append("\r\n"u8);
        }
        else if (status != 204)
        {
            writer.Append("Content-Length: 0\r\n"u8);
        }

        End(writer, request, keepAlive);
        return request.Method == HttpMethod.Head ? default : new Body(resource.Content, answer.File, 0, resource.Length);
    }

    /// <summary>Answers preconditions and ranges. False when the whole file is to be sent, or something instead of it.</summary>
    private static bool Select(ResponseWriter writer, RequestHead request, ReadOnlySpan<byte> head, FileForm form, WebSite site, bool keepAlive, out Resource? instead, out Body body)
    {
        instead = null;
        body = default;
        PreconditionResult result = Preconditions.Evaluate(
            request.Get(HttpHeader.IfMatch, head),
            request.Get(HttpHeader.IfUnmodifiedSince, head),
            request.Get(HttpHeader.IfNoneMatch, head),
            request.Get(HttpHeader.IfModifiedSince, head),
            form.ETag,
            form.LastModified);
        if (result == PreconditionResult.NotModified)
        {
            writer.Begin(304);
            writer.Append(form.CommonFields);
            End(writer, request, keepAlive);
            return true;
        }

        if (result == PreconditionResult.Failed)
        {
            instead = site.StatusPage(412, "The file is not, or not any more, the one that the request means.");
            return false;
        }

        if (request.Method != HttpMethod.Get || !request.Has(HttpHeader.Range)
            || (request.Has(HttpHeader.IfRange) && !Preconditions.IfRangeHolds(request.Get(HttpHeader.IfRange, head), form.ETag, form.LastModified)))
        {
            return false;
        }

        Span<ByteRange> ranges = stackalloc ByteRange[ByteRanges.Most];
        switch (ByteRanges.Parse(request.Get(HttpHeader.Range, head), form.Length, ranges, out int count))
        {
            case RangeResult.Unsatisfiable:
                instead = site.StatusPage(416, $"The file has {form.Length} bytes; no requested range lies within them.", FieldLines.Field("Content-Range", $"bytes */{form.Length}"));
                return false;
            case RangeResult.Satisfiable when count == 1:
                WriteRange(writer, form, ranges[0]);
                End(writer, request, keepAlive);
                body = new Body(null, null, ranges[0].Start, ranges[0].Length);
                return true;
            case RangeResult.Satisfiable:
                body = WriteRanges(writer, form, ranges[..count]);
                End(writer, request, keepAlive);
                return true;
            default:
                return false;
        }
    }

    private static void WriteRange(ResponseWriter writer, FileForm form, ByteRange range)
    {
        writer.Begin(206);
        writer.Append(form.Fields);
        writer.Append("Content-Range: bytes "u8);
        writer.Append(range.Start);
        writer.Append("-"u8);
        writer.Append(range.End);
        writer.Append("/"u8);
        writer.Append(form.Length);
        writer.Append("\r\nContent-Length: "u8);
        writer.Append(range.Length);
        writer.Append("\r\n"u8);
    }

    /// <summary>Several ranges as multipart/byteranges (RFC 9110, section 14.6).</summary>
    private static Body WriteRanges(ResponseWriter writer, FileForm form, ReadOnlySpan<ByteRange> ranges)
    {
        // Nobody can put the boundary into a file beforehand who does not know it.
        string boundary = Convert.ToHexString(RandomNumberGenerator.GetBytes(12));
        var parts = new (byte[] Lines, ByteRange Range)[ranges.Length];
        byte[] end = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        long length = end.Length;
        for (int i = 0; i < parts.Length; i++)
        {
            ByteRange range = ranges[i];
            byte[] lines = Encoding.ASCII.GetBytes($"{(i == 0 ? string.Empty : "\r\n")}--{boundary}\r\nContent-Type: {form.MediaType}\r\nContent-Range: bytes {range.Start}-{range.End}/{form.Length}\r\n\r\n");
            parts[i] = (lines, range);
            length += lines.Length + range.Length;
        }

        writer.Begin(206);
        writer.Append(form.CommonFields);
        writer.Append("Content-Type: multipart/byteranges; boundary="u8);
        writer.Append(Encoding.ASCII.GetBytes(boundary));
        writer.Append("\r\nContent-Length: "u8);
        writer.Append(length);
        writer.Append("\r\n"u8);
        return new Body(null, null, 0, length, parts, end);
    }

    private static void End(ResponseWriter writer, RequestHead request, bool keepAlive)
    {
        if (!keepAlive)
        {
            writer.Append("Connection: close\r\n\r\n"u8);
        }
        else
        {
            // In HTTP/1.0, a connection that stays open is the exception (RFC 9112, section 9.3).
            writer.Append(request.Version == HttpVersion.Http10 ? "Connection: keep-alive\r\n\r\n"u8 : "\r\n"u8);
        }
    }
}
