namespace PSNetLab;

/// <summary>What a full mailbox does with one more item.</summary>
public enum WhenFull
{
    /// <summary>The producer waits: it stops reading its socket, so TCP holds the sender back and nothing is lost.</summary>
    Wait,

    /// <summary>The new item is not kept, but counted.</summary>
    Drop,
}
