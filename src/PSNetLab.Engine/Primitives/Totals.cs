namespace PSNetLab.Engine.Primitives;

/// <summary>How many bytes and messages were received and sent, on one connection or on all connections of a server.</summary>
/// <param name="BytesReceived">Bytes that came from clients.</param>
/// <param name="BytesSent">Bytes that were sent to clients.</param>
/// <param name="MessagesReceived">Messages of clients.</param>
/// <param name="MessagesSent">Messages to clients.</param>
/// <param name="BytesPassedOn">Bytes of clients that a proxy has sent to its server.</param>
internal readonly record struct Totals(
    long BytesReceived, long BytesSent, long MessagesReceived, long MessagesSent, long BytesPassedOn = 0)
{
    internal Totals Add(Totals other) => new(
        BytesReceived + other.BytesReceived,
        BytesSent + other.BytesSent,
        MessagesReceived + other.MessagesReceived,
        MessagesSent + other.MessagesSent,
        BytesPassedOn + other.BytesPassedOn);
}
