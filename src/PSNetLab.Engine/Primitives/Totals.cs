namespace PSNetLab.Engine.Primitives;

/// <summary>What was received and sent, on one connection or on all of a server.</summary>
internal readonly record struct Totals(long BytesReceived, long BytesSent, long MessagesReceived, long MessagesSent)
{
    internal Totals Add(Totals other) => new(
        BytesReceived + other.BytesReceived,
        BytesSent + other.BytesSent,
        MessagesReceived + other.MessagesReceived,
        MessagesSent + other.MessagesSent);
}
