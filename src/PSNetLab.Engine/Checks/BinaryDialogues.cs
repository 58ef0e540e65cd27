using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>StartTLS of LDAP (RFC 4511, section 4.14).</summary>
internal sealed class LdapDialogue : StartTlsDialogue
{
    private const int MostBytes = 64 * 1024;

    // An extended request, number 1, with the name of the operation.
    private static readonly byte[] s_request =
        [0x30, 0x1D, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16, .. "1.3.6.1.4.1.1466.20037"u8];

    private bool _hasAsked;

    /// <inheritdoc/>
    internal override StartTlsStep Next(ReadOnlySpan<byte> received)
    {
        if (!_hasAsked)
        {
            _hasAsked = true;
            return new(0, s_request);
        }

        if (received.IsEmpty)
        {
            return default;
        }

        return received[0] != 0x30 ? Refuse(received.Length, Encoding.Latin1.GetString(received))
            : !TryMeasure(received, out int length) ? default
            : length > MostBytes ? new(received.Length, Refusal: "the server sent a message of impossible length")
            : received.Length < length ? default
            : Read(received[..length].ToArray());
    }

    /// <summary>The length of the message, with its header; false if the header is not complete.</summary>
    private static bool TryMeasure(ReadOnlySpan<byte> received, out int length)
    {
        length = 0;
        if (received.Length < 2)
        {
            return false;
        }

        int more = received[1] & 0x7F;
        if (received[1] < 0x80)
        {
            length = 2 + more;
            return true;
        }

        if (more is 0 or > 4)
        {
            length = int.MaxValue;
            return true;
        }

        if (received.Length < 2 + more)
        {
            return false;
        }

        uint size = 0;
        foreach (byte part in received.Slice(2, more))
        {
            size = (size << 8) | part;
        }

        length = (int)Math.Min(int.MaxValue, 2L + more + size);
        return true;
    }

    private static StartTlsStep Read(byte[] message)
    {
        try
        {
            AsnReader reader = new AsnReader(message, AsnEncodingRules.BER).ReadSequence();
            reader.ReadInteger();
            AsnReader result = reader.ReadSequence(new Asn1Tag(TagClass.Application, 24));
            int code = result.ReadEnumeratedBytes().Span is [var one] ? one : -1;
            result.ReadOctetString();
            string said = Encoding.UTF8.GetString(result.ReadOctetString());
            return code == 0
                ? new(message.Length, IsDone: true)
                : new(
                    message.Length,
                    Refusal: $"the server answered with result code {code}"
                    + (said.Length > 0 ? $", '{PeerText.Shown(said)}'" : string.Empty));
        }
        catch (AsnContentException)
        {
            return new(message.Length, Refusal: "the server did not answer as LDAP does");
        }
    }
}

/// <summary>SSLRequest of PostgreSQL.</summary>
internal sealed class PostgresDialogue : StartTlsDialogue
{
    private static readonly byte[] s_request = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F];

    private bool _hasAsked;

    /// <inheritdoc/>
    internal override StartTlsStep Next(ReadOnlySpan<byte> received)
    {
        if (!_hasAsked)
        {
            _hasAsked = true;
            return new(0, s_request);
        }

        return received.IsEmpty ? default
            : received[0] == (byte)'S' ? new(1, IsDone: true)
            : received[0] == (byte)'N' ? new(1, Refusal: "the server does not offer TLS")
            : Refuse(received.Length, Encoding.Latin1.GetString(received));
    }
}

/// <summary>The SSL request of MySQL and MariaDB: the first half of a login, after the greeting of the server.</summary>
internal sealed class MysqlDialogue : StartTlsDialogue
{
    private const int HeaderBytes = 4;
    private const int MostBytes = 64 * 1024;
    private const byte ProtocolVersion = 10;
    private const byte ErrorMessage = 0xFF;

    // The number of the thread (4), random bytes (8), and a zero stand between the version of the server and what it can do.
    private const int CapabilitiesAfterVersion = 13;

    private const ushort CanSsl = 0x0800;

    // Protocol 4.1, TLS, and the password of 4.1; then the most bytes of a message, and the character set UTF-8.
    private static readonly byte[] s_request =
        [32, 0, 0, 1, 0x01, 0x8A, 0, 0, 0, 0, 0, 1, 33, .. new byte[23]];

    /// <inheritdoc/>
    internal override StartTlsStep Next(ReadOnlySpan<byte> received)
    {
        if (received.Length < HeaderBytes)
        {
            return default;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(received) & 0xFFFFFF;
        if (length is 0 or > MostBytes)
        {
            return Refuse(received.Length, Encoding.Latin1.GetString(received));
        }

        if (received.Length < HeaderBytes + length)
        {
            return default;
        }

        int used = HeaderBytes + length;
        ReadOnlySpan<byte> greeting = received.Slice(HeaderBytes, length);
        int version = greeting.IndexOf((byte)0);
        if (greeting[0] == ErrorMessage)
        {
            return Refuse(used, Encoding.UTF8.GetString(greeting[Math.Min(3, length)..]));
        }

        if (greeting[0] != ProtocolVersion || version < 0 || greeting.Length < version + 1 + CapabilitiesAfterVersion + 2)
        {
            return Refuse(used, Encoding.Latin1.GetString(greeting));
        }

        ushort capabilities = BinaryPrimitives.ReadUInt16LittleEndian(greeting[(version + 1 + CapabilitiesAfterVersion)..]);
        return (capabilities & CanSsl) == 0
            ? new(used, Refusal: "the server does not offer TLS")
            : new(used, s_request, IsDone: true);
    }
}
