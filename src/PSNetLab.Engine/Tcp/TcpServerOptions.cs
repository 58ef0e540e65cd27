using System.Text;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tcp;

/// <summary>The options of a TCP server. The cmdlet has the same defaults.</summary>
internal sealed record TcpServerOptions : StreamServerOptions
{
    internal const double DefaultMessageTimeoutSeconds = 60;

    internal const long DefaultMaxPendingBytes = 256 * 1024 * 1024;

    internal MessageFraming Framing { get; init; } = RawFraming.Instance;

    internal Encoding Encoding { get; init; } = TextEncoding.Default;

    internal int MaxMessageBytes { get; init; } = MessageFraming.DefaultMaxMessageBytes;

    /// <summary>How long a connection may be silent before it is closed; zero for no limit.</summary>
    internal TimeSpan IdleTimeout { get; init; }

    /// <summary>How long the rest of a message may take, from when its first bytes were waiting for it; zero for no limit.</summary>
    internal TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(DefaultMessageTimeoutSeconds);

    /// <summary>
    /// How many bytes of messages that are incomplete or wait, and of unsent answers, all connections may hold together.
    /// </summary>
    internal long MaxPendingBytes { get; init; } = DefaultMaxPendingBytes;

    /// <summary>Whether every message is sent back.</summary>
    internal bool Echo { get; init; }

    /// <summary>The answer to every message.</summary>
    internal IReadOnlyList<byte[]> Replies { get; init; } = [];

    /// <summary>What is sent when a client comes.</summary>
    internal IReadOnlyList<byte[]> Greeting { get; init; } = [];

    /// <summary>What is said to a client and expected of it, in which order.</summary>
    internal DialogueProgram? Dialogue { get; init; }

    /// <summary>How long to wait before each answer.</summary>
    internal DelayRange Delay { get; init; }

    /// <summary>How many bytes each client gets in a second; 0 for as many as possible.</summary>
    internal int BytesPerSecond { get; init; }

    /// <summary>Makes the answers to a message; the connection is not read meanwhile, so the answers keep their order.</summary>
    internal TcpAnswering? Handler { get; init; }

    /// <summary>Called when a client has come, before anything of it is read; makes what it gets first.</summary>
    internal TcpAnswering? Opening { get; init; }

    /// <summary>Called when a connection has ended.</summary>
    internal Func<TcpConnection, Task>? Closed { get; init; }

    /// <summary>Where received messages go; null to keep none.</summary>
    internal IMessageSink<TcpMessage>? Sink { get; init; }
}
