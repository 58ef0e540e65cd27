namespace PSNetLab.Engine.IO;

/// <summary>Watches the bytes of a connection go by, in both directions; over TLS, in the clear.</summary>
/// <remarks>Called on whatever thread serves the connection, so it neither waits nor keeps the bytes it is shown. Timestamps are those of Stopwatch.</remarks>
internal interface ITap
{
    /// <summary>Shows what came; nothing at the end of the stream.</summary>
    void OnReceived(ReadOnlySpan<byte> bytes, long timestamp);

    /// <summary>Shows what the system has taken to send.</summary>
    void OnSent(ReadOnlySpan<byte> bytes, long timestamp);
}
