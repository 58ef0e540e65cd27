namespace PSNetLab.Engine.Http.Protocol;

/// <summary>What a parser knows after the bytes it got so far.</summary>
internal enum ParseStatus
{
    /// <summary>All bytes are valid so far, and more must follow.</summary>
    Incomplete,

    /// <summary>The end was found.</summary>
    Complete,

    /// <summary>The bytes cannot become valid, whatever follows.</summary>
    Failed,
}
