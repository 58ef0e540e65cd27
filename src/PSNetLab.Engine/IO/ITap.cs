namespace PSNetLab.Engine.IO;

/// <summary>Watches the bytes of a connection go by, in both directions; over TLS, in the clear.</summary>
/// <remarks>
/// Called on whatever thread serves the connection, so it neither waits nor keeps the
/// bytes it is shown. Timestamps are those of Stopwatch.
/// </remarks>
internal interface ITap
{
    /// <summary>Called with the bytes of each read; with none at the end of the stream.</summary>
    void OnReceived(ReadOnlySpan<byte> bytes, long timestamp);

    /// <summary>Called with bytes that the system has accepted to send.</summary>
    void OnSent(ReadOnlySpan<byte> bytes, long timestamp);
}
