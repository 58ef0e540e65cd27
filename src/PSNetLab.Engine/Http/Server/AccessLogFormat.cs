namespace PSNetLab;

/// <summary>The two formats that access log tools read.</summary>
public enum AccessLogFormat
{
    /// <summary>The Common Log Format: host, identity, user, time, request line, status, bytes.</summary>
    Common,

    /// <summary>The same with the referring page and the user agent.</summary>
    Combined,
}
