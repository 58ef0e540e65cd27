using System.Net;
using System.Security.Cryptography;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>Makes the first message of a TLS client, for one version and none above it.</summary>
/// <remarks>
/// The system's library refuses to offer old versions, and so cannot tell whether a server speaks them. No handshake is ever finished
/// with such a hello, so it may offer every algorithm there is: a server that answers "handshake failure" must mean the version.
/// </remarks>
internal static class ClientHello
{
    private const int RandomBytes = 32;

    // Some load balancers hang on a hello of 256 to 511 bytes (RFC 7685).
    private const int HarmlessBytes = 512;

    private static readonly ushort[] s_suites13 = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305];

    // Elliptic curves, then Diffie-Hellman, then RSA, each with RSA, ECDSA or DSA certificates; in each, the strong ones first.
    private static readonly ushort[] s_suites =
    [
        0xC02C, 0xC030, 0xC02B, 0xC02F, 0xCCA9, 0xCCA8, 0xC0AD, 0xC0AC, 0xC024, 0xC028, 0xC023, 0xC027, 0xC00A, 0xC014, 0xC009, 0xC013,
        0x009F, 0x009E, 0x00A3, 0x00A2, 0xCCAA, 0xC09F, 0xC09E, 0x006B, 0x0067, 0x006A, 0x0040, 0x0039, 0x0033, 0x0038, 0x0032,
        0x009D, 0x009C, 0xC09D, 0xC09C, 0x003D, 0x003C, 0x0035, 0x002F, 0x0084, 0x0041, 0x0088, 0x0045, 0x0096, 0x009A,
        0xC008, 0xC012, 0x0016, 0x0013, 0x000A, 0xC007, 0xC011, 0x0005, 0x0004, 0x0007, 0x0015, 0x0012, 0x0009,
        0x0014, 0x0011, 0x0008, 0x0006, 0x0003,
    ];

    // Says that renegotiation is safe, in the one way that SSL 3.0 has (RFC 5746, section 3.3).
    private const ushort SafeRenegotiation = 0x00FF;

    // X25519, P-256, P-384, P-521, X448, ffdhe2048 to ffdhe8192, X25519MLKEM768, and others that only old servers have.
    private static readonly ushort[] s_groups =
    [
        0x001D, 0x0017, 0x0018, 0x0019, 0x001E, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x11EC, 0x0016, 0x0015, 0x0014, 0x0013,
    ];

    private static readonly ushort[] s_signatures =
    [
        0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601,
        0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0502, 0x0602, 0x0302, 0x0202,
    ];

    /// <summary>A hello in a record, ready to send.</summary>
    /// <param name="version">The highest version it offers; TLS 1.3 is offered alone.</param>
    /// <param name="host">The name to ask for (SNI); null or an address for none.</param>
    internal static byte[] Create(TlsVersion version, string? host)
    {
        bool is13 = version == TlsVersion.Tls13;
        byte[] body =
        [
            .. Number(is13 ? (ushort)TlsVersion.Tls12 : (ushort)version),
            .. RandomNumberGenerator.GetBytes(RandomBytes),
            .. Short(is13 ? RandomNumberGenerator.GetBytes(RandomBytes) : []),
            .. Long(Numbers(is13 ? s_suites13 : [.. s_suites, SafeRenegotiation])),
            .. Short([0]), // no compression
        ];
        if (version != TlsVersion.Ssl3)
        {
            byte[] extensions = Extensions(version, host);
            int length = 4 + body.Length + 2 + extensions.Length;
            byte[] padding = length is >= 256 and < HarmlessBytes ? Extension(21, new byte[Math.Max(0, HarmlessBytes - length - 4)]) : [];
            body = [.. body, .. Long([.. extensions, .. padding])];
        }

        // An old server may refuse a record of a version that it does not know (RFC 8446, section 5.1).
        TlsVersion record = version == TlsVersion.Ssl3 ? TlsVersion.Ssl3 : TlsVersion.Tls10;
        return [22, .. Number((ushort)record), .. Long([1, 0, .. Long(body)])];
    }

    private static byte[] Extensions(TlsVersion version, string? host) =>
    [
        .. ServerName(host) is { } name ? Extension(0, Long([0, .. Long(name)])) : [],
        .. version == TlsVersion.Tls13
            ? (byte[])[.. Extension(43, Short(Numbers([(ushort)version]))), .. Extension(51, KeyShare())]
            : [.. Extension(11, Short([0])), .. Extension(23, [])],
        .. Extension(10, Long(Numbers(s_groups))),
        .. version >= TlsVersion.Tls12 ? Extension(13, Long(Numbers(s_signatures))) : [],
    ];

    /// <summary>A key for X25519. Any 32 bytes are one (RFC 7748, section 5), and nobody needs its other half.</summary>
    private static byte[] KeyShare() => Long([.. Number(0x001D), .. Long(RandomNumberGenerator.GetBytes(32))]);

    /// <summary>The name as a server knows it: in A-labels, without the last dot; null for an address (RFC 6066, section 3).</summary>
    private static byte[]? ServerName(string? host)
    {
        string name = host?.TrimEnd('.') ?? string.Empty;
        if (name.Length == 0 || Addresses.TryParse(name, out IPAddress _))
        {
            return null;
        }

        try
        {
            return Encoding.ASCII.GetBytes(HostNames.ToAscii(name));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static byte[] Extension(ushort type, byte[] content) => [.. Number(type), .. Long(content)];

    private static byte[] Number(ushort value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Numbers(ushort[] values) => [.. values.SelectMany(Number)];

    /// <summary>A vector with a length of one byte.</summary>
    private static byte[] Short(byte[] content) => [(byte)content.Length, .. content];

    /// <summary>A vector with a length of two bytes.</summary>
    private static byte[] Long(byte[] content) => [.. Number((ushort)content.Length), .. content];
}
