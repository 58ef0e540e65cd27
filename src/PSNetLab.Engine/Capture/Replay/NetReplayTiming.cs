namespace PSNetLab;

/// <summary>When a replay sends what was recorded.</summary>
public enum NetReplayTiming : long
{
    /// <summary>Once as many bytes have come from the peer as had been recorded before.</summary>
    Peer,

    /// <summary>At the recorded times, or faster or slower.</summary>
    Original,

    /// <summary>At once.</summary>
    Fast,
}
