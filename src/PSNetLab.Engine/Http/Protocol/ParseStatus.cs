namespace PSNetLab.Engine.Http.Protocol;

/// <summary>How far a parser came with the bytes it was given.</summary>
internal enum ParseStatus
{
    /// <summary>All bytes are right so far, and more must follow.</summary>
    Incomplete,

    /// <summary>The end was found.</summary>
    Complete,

    /// <summary>The bytes cannot become valid, whatever follows.</summary>
    Failed,
}
