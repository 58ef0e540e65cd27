namespace PSNetLab;

/// <summary>What ends a line that is sent.</summary>
public enum LineEnding
{
    /// <summary>CR LF, as the protocols of the Internet have it (RFC 5321, section 2.3.8).</summary>
    CrLf,

    /// <summary>LF alone.</summary>
    Lf,

    /// <summary>CR alone.</summary>
    Cr,

    /// <summary>Nothing.</summary>
    None,
}
