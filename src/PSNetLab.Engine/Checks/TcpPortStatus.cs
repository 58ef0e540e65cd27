namespace PSNetLab;

/// <summary>What became of an attempt to connect to a port.</summary>
public enum TcpPortStatus : long
{
    /// <summary>It accepted the connection.</summary>
    Open,

    /// <summary>Nothing is listening: the host answered with a reset (ECONNREFUSED; RFC 9293, section 3.5.2).</summary>
    Refused,

    /// <summary>There was no answer in time.</summary>
    TimedOut,

    /// <summary>There is no way to the host, or a router or firewall said so (ENETUNREACH, EHOSTUNREACH).</summary>
    Unreachable,

    /// <summary>This machine does not let the connection out (EACCES, EPERM).</summary>
    NotPermitted,

    /// <summary>The name has no address.</summary>
    NameNotFound,

    /// <summary>It accepted the connection and closed it at once, as a relay in front of a dead service does.</summary>
    ClosedAtOnce,

    /// <summary>Another error, which Reason tells.</summary>
    Failed,
}
