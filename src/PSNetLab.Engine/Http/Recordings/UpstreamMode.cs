namespace PSNetLab;

/// <summary>What a web server does with the requests that none of its routes answers.</summary>
public enum UpstreamMode
{
    /// <summary>It passes them on to the upstream.</summary>
    Forward,

    /// <summary>It passes them on to the upstream, and records them with their answers.</summary>
    Record,

    /// <summary>It answers them as recorded, and has no upstream.</summary>
    Replay,

    /// <summary>It answers them as recorded; those that are not recorded, it passes on to the upstream and records.</summary>
    Spy,
}
