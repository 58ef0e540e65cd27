namespace PSNetLab.Engine.Primitives;

/// <summary>How many bytes and messages were received and sent, on one connection or on all connections of a server.</summary>
internal readonly record struct Totals(long BytesReceived, long BytesSent, long MessagesReceived, long MessagesSent)
{
    internal Totals Add(Totals other) => new(
        BytesReceived + other.BytesReceived,
        BytesSent + other.BytesSent,
        MessagesReceived + other.MessagesReceived,
        MessagesSent + other.MessagesSent);
}
