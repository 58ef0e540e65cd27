namespace PSNetLab.Engine.IO;

/// <summary>Watches the bytes of a connection go by, in both directions; over TLS, in the clear.</summary>
/// <remarks>
/// Called on whatever thread serves the connection, so it neither waits nor keeps the
/// bytes it is shown. Timestamps are those of Stopwatch.
/// </remarks>
internal interface ITap
{
    /// <summary>Called with the bytes of each read; with none at the end of the stream, and when reading was interrupted.</summary>
    void OnReceived(ReadOnlySpan<byte> bytes, long timestamp);

    /// <summary>Called with bytes that the system has accepted to send.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="timestamp">The time just before they were handed to the system: an answer to them is later.</param>
    void OnSent(ReadOnlySpan<byte> bytes, long timestamp);

    /// <summary>Called when the peer has ended its stream; perhaps more than once.</summary>
    void OnReceivedEnd(long timestamp)
    {
    }

    /// <summary>Called when this side has ended its stream.</summary>
    void OnSentEnd(long timestamp)
    {
    }

    /// <summary>Called once, when the connection is closed on this side. Nothing is called after it.</summary>
    void OnClosed(StreamEnd how, long timestamp)
    {
    }
}
