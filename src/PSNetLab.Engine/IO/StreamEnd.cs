namespace PSNetLab.Engine.IO;

/// <summary>How a connection ended, as far as its transport knows.</summary>
internal enum StreamEnd
{
    /// <summary>It was closed here.</summary>
    Closed,

    /// <summary>It was reset here.</summary>
    Reset,

    /// <summary>The peer reset it.</summary>
    ResetByPeer,
}
