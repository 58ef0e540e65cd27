using System.Net;
using System.Text;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Udp;

/// <summary>The options of a UDP server. The cmdlet has the same defaults.</summary>
internal sealed record UdpServerOptions
{
    /// <summary>The largest payload of a datagram, from its 16-bit length field (RFC 768).</summary>
    internal const int MostDatagramBytes = 65535;

    internal UdpBinding Binding { get; init; } = new();

    internal Encoding Encoding { get; init; } = TextEncoding.Default;

    /// <summary>The most bytes kept of a datagram.</summary>
    internal int BufferBytes { get; init; } = MostDatagramBytes;

    internal AddressFilter? Filter { get; init; }

    internal bool Echo { get; init; }

    internal IReadOnlyList<byte[]> Replies { get; init; } = [];

    /// <summary>What is expected of a peer and said to it, in which order.</summary>
    internal DialogueProgram? Dialogue { get; init; }

    /// <summary>Called when the dialogue with a peer begins, on a thread that serves sockets.</summary>
    internal Action<DialogueRun>? OnDialogue { get; init; }

    /// <summary>How long to wait before each answer.</summary>
    internal DelayRange Delay { get; init; }

    /// <summary>Makes the answers to a datagram, and sends each with the function it gets.</summary>
    internal Func<UdpMessage, Func<byte[], ValueTask>, Task>? Handler { get; init; }

    /// <summary>How many datagrams the handler answers at once; with 1, in the order in which they came.</summary>
    internal int ThrottleLimit { get; init; } = 1;

    /// <summary>The clock for delays.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where received datagrams go; null to keep none.</summary>
    internal IMessageSink<UdpMessage>? Sink { get; init; }

    /// <summary>Where what it receives and sends is recorded; null for nowhere.</summary>
    internal Transcript? Transcript { get; init; }

    /// <summary>Called for faults that do not end the server. Called on threads that serve sockets, so it must not block.</summary>
    internal Action<NetLabException, EndPoint>? OnFault { get; init; }

    /// <summary>Called when the first answer was dropped, on a thread that serves sockets.</summary>
    internal Action? OnAnswerDropped { get; init; }
}
