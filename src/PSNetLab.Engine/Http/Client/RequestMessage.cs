using System.Buffers;
using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Client;

/// <summary>A request to send.</summary>
internal sealed record RequestMessage
{
    internal string Method { get; init; } = "GET";

    internal string Target { get; init; } = "/";

    /// <summary>All fields, in the order in which they are sent.</summary>
    internal IReadOnlyList<HttpField> Fields { get; init; } = [];

    /// <summary>The pieces of the body; with <see cref="IsChunked"/>, each is a chunk. None without a body.</summary>
    internal IReadOnlyList<byte[]> Body { get; init; } = [];

    internal bool IsChunked { get; init; }

    /// <summary>The fields after the last chunk.</summary>
    internal IReadOnlyList<HttpField> Trailers { get; init; } = [];

    internal long BodyLength => Body.Sum(part => (long)part.Length);

    /// <summary>The method as a parser of responses needs it.</summary>
    internal HttpMethod Kind => HttpMethods.Find(Encoding.Latin1.GetBytes(Method));

    /// <summary>The request line and the fields, with the empty line after them.</summary>
    internal byte[] Head()
    {
        StringBuilder lines = new();
        lines.Append(Method).Append(' ').Append(Target).Append(" HTTP/1.1\r\n");
        Append(lines, Fields);
        return Encoding.UTF8.GetBytes(lines.Append("\r\n").ToString());
    }

    /// <summary>The body as it goes over the wire.</summary>
    internal byte[] Content()
    {
        ArrayBufferWriter<byte> bytes = new();
        foreach (byte[] part in Body)
        {
            // An empty chunk would be the last one.
            if (part.Length > 0 && IsChunked)
            {
                bytes.Write(Encoding.ASCII.GetBytes($"{part.Length.ToString("x", CultureInfo.InvariantCulture)}\r\n"));
                bytes.Write(part);
                bytes.Write("\r\n"u8);
            }
            else
            {
                bytes.Write(part);
            }
        }

        if (IsChunked)
        {
            StringBuilder lines = new("0\r\n");
            Append(lines, Trailers);
            bytes.Write(Encoding.UTF8.GetBytes(lines.Append("\r\n").ToString()));
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Throws if the request would not be one request on the wire: what is malformed on purpose goes by -Raw.</summary>
    /// <exception cref="NetLabException">A name or value cannot be sent.</exception>
    internal void Check()
    {
        if (Method.Length == 0 || Method.AsSpan().ContainsAnyExcept(HttpSyntax.TokenText))
        {
            throw Invalid(Method, $"'{Method}' is not a method: it is one word, such as GET (RFC 9110, section 9.1)");
        }

        foreach (HttpField field in Fields.Concat(Trailers))
        {
            if (field.Name.Length == 0 || field.Name.AsSpan().ContainsAnyExcept(HttpSyntax.TokenText))
            {
                throw Invalid(
                    field.Name, $"'{field.Name}' is not the name of a header field: use letters, digits and -._ (RFC 9110, section 5.1)");
            }

            if (field.Value.Any(character => char.IsControl(character) && character != '\t'))
            {
                throw Invalid(field.Name, $"The value of {field.Name} has a line break or a control character in it, which would end "
                    + "the field (RFC 9110, section 5.5)");
            }
        }
    }

    private static void Append(StringBuilder lines, IEnumerable<HttpField> fields)
    {
        foreach (HttpField field in fields)
        {
            lines.Append(field.Name).Append(": ").Append(field.Value).Append("\r\n");
        }
    }

    private static NetLabException Invalid(string subject, string what)
        => new(FaultKind.InvalidParameters, $"{what}. Send-HttpRequest -Raw sends anything.") { Subject = subject };
}
