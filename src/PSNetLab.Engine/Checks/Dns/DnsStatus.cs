namespace PSNetLab;

/// <summary>What became of a DNS query.</summary>
public enum DnsStatus : long
{
    /// <summary>There are records of the type.</summary>
    Answered,

    /// <summary>The name exists, but has no record of the type (RFC 2308, section 2.2).</summary>
    NoData,

    /// <summary>There is no such name (NXDOMAIN).</summary>
    NameNotFound,

    /// <summary>The server does not know, and names servers that may (RFC 1034, section 4.3.1).</summary>
    Referral,

    /// <summary>The server could not find out (SERVFAIL).</summary>
    ServerFailed,

    /// <summary>The server does not answer this client, or this question (REFUSED).</summary>
    QueryRefused,

    /// <summary>Another code, which ResponseCode tells.</summary>
    OtherCode,

    /// <summary>There was no answer in time.</summary>
    TimedOut,

    /// <summary>Nothing is listening on the port of the server.</summary>
    Refused,

    /// <summary>There is no way to the server, or a router or firewall said so.</summary>
    Unreachable,

    /// <summary>This machine does not let the query out.</summary>
    NotPermitted,

    /// <summary>The name of the server has no address.</summary>
    ServerNotFound,

    /// <summary>The answer cannot be read.</summary>
    Malformed,

    /// <summary>Another error, which Reason tells.</summary>
    Failed,
}
