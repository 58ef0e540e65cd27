namespace PSNetLab.Engine.Framing;

/// <summary>What a length counts besides the bytes that follow it.</summary>
internal enum LengthIncludes
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Its own bytes.</summary>
    Length,

    /// <summary>Its own bytes and those before it: the whole frame.</summary>
    Header,
}
