using System.Buffers;
using System.Globalization;
using System.Text;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Forward;

/// <content>What becomes of the heads.</content>
internal sealed partial class Forwarder
{
    /// <summary>The path of the request with its query, or * for all; false if the target has none.</summary>
    private static bool TryReadTarget(HttpExchange exchange, out ReadOnlySpan<byte> target)
    {
        target = HttpTarget.OriginForm(exchange.Target);
        return target.IsEmpty || target[0] is (byte)'/' or (byte)'?' || target.SequenceEqual("*"u8);
    }

    private void WriteHead(HttpExchange exchange, ArrayBufferWriter<byte> output, RequestBody body)
    {
        ReadOnlySpan<byte> head = exchange.Head;
        TryReadTarget(exchange, out ReadOnlySpan<byte> target);
        output.Write(exchange.Request.MethodText(head));
        output.Write(" "u8);
        if (target.IsEmpty || target[0] != '*')
        {
            output.Write(_prefix);
            output.Write(target.IsEmpty || target[0] != '/' ? "/"u8 : default);
        }

        output.Write(target);
        output.Write(" HTTP/1.1\r\nHost: "u8);
        output.Write(_host);
        output.Write("\r\n"u8);
        FieldEnumerator all = exchange.Request.Fields(head);
        bool hasConnection = exchange.Request.Has(HttpHeader.Connection);
        FieldEnumerator fields = all;
        while (fields.MoveNext())
        {
            if (!ForwardedFields.Is(fields.Name, "Host"u8) && !ForwardedFields.Is(fields.Name, "Expect"u8)
                && !ForwardedFields.IsOwnLogin(fields.Name, exchange)
                && !ForwardedFields.StaysHere(fields.Name, all, hasConnection))
            {
                ForwardedFields.Write(output, fields.Name, fields.Value);
            }
        }

        if (IsUpgrade(exchange))
        {
            output.Write("Connection: Upgrade\r\n"u8);
            ForwardedFields.Write(output, "Upgrade"u8, exchange.Get(HttpHeader.Upgrade));
        }

        output.Write(body.AsksFirst ? "Expect: 100-continue\r\n"u8 : default);
        if (body.Length < 0)
        {
            output.Write("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (body.Length > 0 || exchange.Request.Has(HttpHeader.ContentLength))
        {
            output.Write("Content-Length: "u8);
            Span<byte> digits = output.GetSpan(20);
            body.Length.TryFormat(digits, out int count, provider: CultureInfo.InvariantCulture);
            output.Advance(count);
            output.Write("\r\n"u8);
        }

        output.Write("\r\n"u8);
    }

    /// <summary>Whether the client offers another protocol for the connection (RFC 9110, section 7.8).</summary>
    private static bool IsUpgrade(HttpExchange exchange)
    {
        ReadOnlySpan<byte> options = exchange.Get(HttpHeader.Connection);
        while (exchange.Request.Has(HttpHeader.Upgrade) && !exchange.Request.HasBody && exchange.Request.Version == HttpVersion.Http11
            && FieldList.TryTake(ref options, out ReadOnlySpan<byte> option))
        {
            if (ForwardedFields.Is(option, "upgrade"u8))
            {
                return true;
            }
        }

        return false;
    }

    private void AddFields(HttpExchange exchange, ReceivedHead head)
    {
        FieldEnumerator all = head.Lines;
        bool hasConnection = ForwardedFields.HasConnection(all);
        FieldEnumerator fields = all;
        while (fields.MoveNext())
        {
            if (!ForwardedFields.StaysHere(fields.Name, all, hasConnection))
            {
                exchange.HasDate |= ForwardedFields.Is(fields.Name, "Date"u8);
                bool isPlace = ForwardedFields.Is(fields.Name, "Location"u8) || ForwardedFields.Is(fields.Name, "Content-Location"u8);
                exchange.AddField(fields.Name, isPlace ? Here(fields.Value) : fields.Value);
            }
        }
    }

    /// <summary>A place on the upstream as clients of this server reach it.</summary>
    private ReadOnlySpan<byte> Here(ReadOnlySpan<byte> place)
    {
        ReadOnlySpan<byte> rest = place;
        if (rest.Length >= _origin.Length && Ascii.EqualsIgnoreCase(rest[.._origin.Length], _origin))
        {
            rest = rest[_origin.Length..];
            if (!rest.IsEmpty && rest[0] is not ((byte)'/' or (byte)'?' or (byte)'#'))
            {
                return place; // another port
            }
        }
        else if (!rest.StartsWith("/"u8) || rest.StartsWith("//"u8))
        {
            return place;
        }

        if (!rest.StartsWith(_prefix))
        {
            return place;
        }

        rest = rest[_prefix.Length..];
        return rest.IsEmpty ? "/"u8
            : rest[0] == '/' ? rest
            : rest[0] is (byte)'?' or (byte)'#' ? (byte[])[(byte)'/', .. rest]
            : place;
    }

    /// <summary>The head that tells the client of the change of protocol.</summary>
    private static byte[] SwitchHead(ReceivedHead head)
    {
        ArrayBufferWriter<byte> made = new(head.Bytes.Length);
        made.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {head.Status} {HttpStatus.Reason(head.Status)}\r\n"));
        made.Write(EndToEnd(head));
        made.Write("Connection: Upgrade\r\n"u8);
        FieldEnumerator fields = head.Lines;
        while (fields.MoveNext())
        {
            if (ForwardedFields.Is(fields.Name, "Upgrade"u8))
            {
                ForwardedFields.Write(made, "Upgrade"u8, fields.Value);
            }
        }

        made.Write("\r\n"u8);
        return made.WrittenSpan.ToArray();
    }

    private static byte[] EndToEnd(ReceivedHead head)
    {
        ArrayBufferWriter<byte> lines = new(head.Bytes.Length);
        FieldEnumerator all = head.Lines;
        bool hasConnection = ForwardedFields.HasConnection(all);
        FieldEnumerator fields = all;
        while (fields.MoveNext())
        {
            if (!ForwardedFields.StaysHere(fields.Name, all, hasConnection))
            {
                ForwardedFields.Write(lines, fields.Name, fields.Value);
            }
        }

        return lines.WrittenSpan.ToArray();
    }
}
