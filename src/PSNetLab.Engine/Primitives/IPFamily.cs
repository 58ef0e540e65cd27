namespace PSNetLab;

/// <summary>The families of IP addresses.</summary>
public enum IPFamily : long
{
    /// <summary>IPv4 and IPv6.</summary>
    Any,

    /// <summary>IPv4 only.</summary>
    IPv4,

    /// <summary>IPv6 only.</summary>
    IPv6,
}
