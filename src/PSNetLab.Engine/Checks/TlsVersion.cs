namespace PSNetLab.Engine.Checks;

/// <summary>The versions of TLS, with the numbers they have on the wire.</summary>
internal enum TlsVersion : ushort
{
    /// <summary>SSL 3.0 (RFC 6101).</summary>
    Ssl3 = 0x0300,

    /// <summary>TLS 1.0 (RFC 2246).</summary>
    Tls10 = 0x0301,

    /// <summary>TLS 1.1 (RFC 4346).</summary>
    Tls11 = 0x0302,

    /// <summary>TLS 1.2 (RFC 5246).</summary>
    Tls12 = 0x0303,

    /// <summary>TLS 1.3 (RFC 8446).</summary>
    Tls13 = 0x0304,
}
