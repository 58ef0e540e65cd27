namespace PSNetLab;

/// <summary>What carries a conversation.</summary>
public enum NetTranscriptProtocol : long
{
    /// <summary>A stream of bytes (RFC 9293).</summary>
    Tcp,

    /// <summary>Datagrams (RFC 768).</summary>
    Udp,
}
