namespace PSNetLab;

/// <summary>The kinds of sockets that can be listed.</summary>
public enum SocketProtocol : long
{
    /// <summary>A stream over IP (RFC 9293).</summary>
    Tcp,

    /// <summary>Datagrams over IP (RFC 768).</summary>
    Udp,

    /// <summary>Between processes of one machine (unix(7)).</summary>
    Unix,
}
