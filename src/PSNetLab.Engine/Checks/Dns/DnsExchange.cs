using System.Net.Sockets;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>What came of sending one query.</summary>
/// <param name="Answer">The message that answers it; null if none came.</param>
/// <param name="Strays">How many messages were ignored.</param>
internal sealed record DnsExchange(byte[]? Answer, int Strays)
{
    /// <summary>Why no message came.</summary>
    internal SocketException? Error { get; init; }

    /// <summary>What is wrong with the message that came.</summary>
    internal string? Problem { get; init; }

    internal const string TooShort = "it ends within its header or question";

    internal static DnsExchange TimedOut(int strays) => new(null, strays) { Error = new SocketException((int)SocketError.TimedOut) };
}
