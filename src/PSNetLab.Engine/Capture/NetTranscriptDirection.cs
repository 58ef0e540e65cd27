namespace PSNetLab;

/// <summary>The way bytes go. The client is who opened the connection, or who sent the first datagram.</summary>
public enum NetTranscriptDirection : long
{
    /// <summary>From the client to the server.</summary>
    ToServer,

    /// <summary>From the server to the client.</summary>
    ToClient,
}
