using System.Buffers;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>
/// The fields that concern one connection only, and are not passed on (RFC 9110, section 7.6.1): those that the standard names, those that
/// frame a message, and those that Connection names.
/// </summary>
internal static class ForwardedFields
{
    /// <summary>Whether the field stays here.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="all">All fields of the message.</param>
    /// <param name="hasConnection">Whether Connection is among them.</param>
    internal static bool StaysHere(ReadOnlySpan<byte> name, FieldEnumerator all, bool hasConnection)
        => IsOfConnection(name) || (hasConnection && IsNamed(name, all));

    /// <summary>
    /// Whether the field has the password of this server, which is nobody else's (RFC 9110, section 11.6.2): an upstream would see it, and
    /// a recording keep it.
    /// </summary>
    internal static bool IsOwnLogin(ReadOnlySpan<byte> name, HttpExchange exchange)
        => exchange.User is not null && Is(name, "Authorization"u8);

    /// <summary>Whether Connection is among the fields.</summary>
    internal static bool HasConnection(FieldEnumerator all)
    {
        while (all.MoveNext())
        {
            if (Is(all.Name, "Connection"u8))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Trailer fields that may be passed on: those that frame a message do not belong there (RFC 9110, section 6.5.1).</summary>
    internal static byte[] Trailers(ReadOnlySpan<byte> lines)
    {
        if (lines.IsEmpty)
        {
            return [];
        }

        ArrayBufferWriter<byte> kept = new(lines.Length);
        FieldEnumerator fields = new(lines);
        while (fields.MoveNext())
        {
            if (!IsOfConnection(fields.Name) && !Is(fields.Name, "Host"u8))
            {
                Write(kept, fields.Name, fields.Value);
            }
        }

        return kept.WrittenSpan.ToArray();
    }

    internal static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known)
        => name.Length == known.Length && Ascii.EqualsIgnoreCase(name, known);

    internal static void Write(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        output.Write(name);
        output.Write(": "u8);
        output.Write(value);
        output.Write("\r\n"u8);
    }

    private static bool IsOfConnection(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => Is(name, "TE"u8),
        7 => Is(name, "Upgrade"u8),
        10 => Is(name, "Connection"u8) || Is(name, "Keep-Alive"u8),
        14 => Is(name, "Content-Length"u8),
        16 => Is(name, "Proxy-Connection"u8),
        17 => Is(name, "Transfer-Encoding"u8),
        19 => Is(name, "Proxy-Authorization"u8),
        _ => false,
    };

    private static bool IsNamed(ReadOnlySpan<byte> name, FieldEnumerator all)
    {
        while (all.MoveNext())
        {
            if (Is(all.Name, "Connection"u8))
            {
                ReadOnlySpan<byte> list = all.Value;
                while (FieldList.TryTake(ref list, out ReadOnlySpan<byte> option))
                {
                    if (Is(name, option))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }
}
