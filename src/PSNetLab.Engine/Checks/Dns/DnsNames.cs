using System.Globalization;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>Names, as bytes of a message and as text (RFC 1035, sections 3.1, 4.1.4 and 5.1).</summary>
/// <remarks>As text they have no final dot, but for the root, which is one.</remarks>
internal static class DnsNames
{
    private const int MostBytes = 255;
    private const int MostLabelBytes = 63;
    private const int EscapedCharacters = 4; // \DDD
    private const int Pointer = 0xC0;

    // A name has no more labels than this, so no honest one has more pointers.
    private const int MostPointers = 127;

    // Each of these ends a label of an internationalized name (RFC 3490, section 3.1).
    private static readonly char[] s_dots = ['\u3002', '\uFF0E', '\uFF61'];

    /// <summary>The bytes of a name that a user typed. Other letters than those of ASCII become A-labels (RFC 5890).</summary>
    /// <exception cref="NetLabException">It is not a name.</exception>
    internal static byte[] Encode(string text)
    {
        string name = ToAscii(text.Trim());
        if (name == ".")
        {
            return [0];
        }

        List<byte> bytes = new(name.Length + 2) { 0 };
        int label = 0; // where its length is
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] == '.')
            {
                bytes[label] = Length(name, bytes.Count - label - 1);
                label = bytes.Count;
                bytes.Add(0);
            }
            else
            {
                bytes.Add(name[i] == '\\' ? Unescape(name, ref i) : Checked(name, name[i]));
            }
        }

        // After a final dot, the empty label of the root is there already.
        if (label < bytes.Count - 1 || label == 0)
        {
            bytes[label] = Length(name, bytes.Count - label - 1);
            bytes.Add(0);
        }

        return bytes.Count <= MostBytes ? [.. bytes] : throw Invalid(name, $"it is longer than {MostBytes} bytes");
    }

    /// <summary>Reads a name of a message, which may end with a pointer to an earlier one, and moves behind it.</summary>
    /// <exception cref="DnsFormatException">There is none.</exception>
    internal static string Read(ReadOnlySpan<byte> message, ref int offset)
    {
        Span<char> text = stackalloc char[MostBytes * EscapedCharacters];
        int length = 0;
        int bytes = 1;
        int at = offset;
        int first = offset; // of the part of the name that is being read
        int pointers = 0;
        int next = -1;
        while (at < message.Length)
        {
            int size = message[at];
            if (size == 0)
            {
                offset = next < 0 ? at + 1 : next;
                return length == 0 ? "." : new string(text[..length]);
            }

            if (size <= MostLabelBytes)
            {
                bytes += 1 + size;
                if (bytes > MostBytes)
                {
                    throw new DnsFormatException($"a name is longer than {MostBytes} bytes");
                }

                if (at + 1 + size > message.Length)
                {
                    break;
                }

                if (length > 0)
                {
                    text[length++] = '.';
                }

                length += Escape(message.Slice(at + 1, size), text[length..]);
                at += 1 + size;
                continue;
            }

            if (size < Pointer)
            {
                throw new DnsFormatException($"a label has the unknown type {size >> 6}");
            }

            if (at + 1 >= message.Length)
            {
                break;
            }

            next = next < 0 ? at + 2 : next;
            at = ((size & ~Pointer) << 8) | message[at + 1];

            // Each pointer must go further back than the one before it, so there is no loop.
            if (++pointers > MostPointers)
            {
                throw new DnsFormatException($"a name has more than {MostPointers} pointers");
            }

            if (at >= first)
            {
                throw new DnsFormatException("a compressed name does not point backwards");
            }

            first = at;
        }

        throw new DnsFormatException("a name goes on after the end of the message");
    }

    /// <summary>The name that the records of an address are at (RFC 1035, section 3.5; RFC 3596, section 2.5).</summary>
    internal static string Reverse(System.Net.IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        Array.Reverse(bytes);
        return bytes.Length == 4
            ? string.Join('.', bytes) + ".in-addr.arpa"
            : string.Concat(bytes.Select(value => $"{value & 0xF:x}.{value >> 4:x}.")) + "ip6.arpa";
    }

    private static string ToAscii(string name)
    {
        if (Ascii.IsValid(name))
        {
            return name;
        }

        foreach (char dot in s_dots)
        {
            name = name.Replace(dot, '.');
        }

        try
        {
            return string.Join('.', name.Split('.').Select(label => Ascii.IsValid(label) ? label : HostNames.ToAscii(label)));
        }
        catch (ArgumentException)
        {
            throw Invalid(name, "it has letters that no internationalized name may have");
        }
    }

    private static byte Length(string name, int bytes) => bytes switch
    {
        0 => throw Invalid(name, "it has an empty label"),
        > MostLabelBytes => throw Invalid(name, $"one of its labels is longer than {MostLabelBytes} bytes"),
        _ => (byte)bytes,
    };

    private static byte Checked(string name, char character) => character is > ' ' and < '\x7F'
        ? (byte)character
        : throw Invalid(name, $"it has a space or control character; write it as \\{(int)character:000}");

    private static byte Unescape(string name, ref int at)
    {
        string rest = name[(at + 1)..];
        if (rest.Length > 0 && !char.IsAsciiDigit(rest[0]))
        {
            at++;
            return Checked(name, rest[0]);
        }

        if (rest.Length < 3 || !byte.TryParse(rest.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out byte value))
        {
            throw Invalid(name, "a backslash comes before a character, or before three digits from 000 to 255");
        }

        at += 3;
        return value;
    }

    private static int Escape(ReadOnlySpan<byte> label, Span<char> text)
    {
        int length = 0;
        foreach (byte value in label)
        {
            if (value is <= (byte)' ' or >= 0x7F)
            {
                text[length++] = '\\';
                value.TryFormat(text[length..], out int digits, "000", CultureInfo.InvariantCulture);
                length += digits;
                continue;
            }

            if (value is (byte)'.' or (byte)'\\')
            {
                text[length++] = '\\';
            }

            text[length++] = (char)value;
        }

        return length;
    }

    private static NetLabException Invalid(string name, string why)
        => new(
            FaultKind.InvalidName,
            $"'{name}' is not a name: {why}. Write a name such as www.example.com, or an address.") { Subject = name };
}
