namespace PSNetLab;

/// <summary>How a DNS query was sent.</summary>
public enum DnsTransport : long
{
    /// <summary>Over UDP.</summary>
    Udp,

    /// <summary>Over UDP, and again over TCP, because the answer was truncated.</summary>
    UdpThenTcp,

    /// <summary>Over TCP.</summary>
    Tcp,
}
