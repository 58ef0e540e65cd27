using System.Net;
using System.Net.Security;
using System.Text;

namespace PSNetLab.Engine;

/// <summary>Where a server over TCP listens, and whom it lets in. The defaults are those of the cmdlets.</summary>
internal abstract record StreamServerOptions
{
    internal IPEndPoint EndPoint { get; init; } = new(IPAddress.Loopback, 0);

    internal int Backlog { get; init; } = 512;

    internal int MaxConnections { get; init; } = 1024;

    internal SslStreamCertificateContext? Certificate { get; init; }

    internal AddressFilter? Filter { get; init; }

    /// <summary>What tells how long something takes, and how old it is.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>What a TCP server is to do. The defaults are those of the cmdlet.</summary>
internal sealed record TcpServerOptions : StreamServerOptions
{
    internal MessageFraming Framing { get; init; } = RawFraming.Instance;

    internal Encoding Encoding { get; init; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    internal int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>After how long without a byte a connection is closed; zero for never.</summary>
    internal TimeSpan IdleTimeout { get; init; }

    /// <summary>Whether every message is sent back.</summary>
    internal bool Echo { get; init; }

    /// <summary>What every message is answered with.</summary>
    internal IReadOnlyList<byte[]> Replies { get; init; } = [];

    /// <summary>Makes the answers to a message; the connection is not read meanwhile, so that they keep their order.</summary>
    internal Func<TcpMessage, ValueTask<IReadOnlyList<byte[]>>>? Handler { get; init; }

    /// <summary>Where received messages go; null to keep none.</summary>
    internal IMessageSink<TcpMessage>? Sink { get; init; }
}

/// <summary>What a server over TCP tells beside its messages. Called on socket threads: must not block.</summary>
internal interface IStreamServerObserver
{
    /// <summary>A connection was not let in because of its address.</summary>
    void Refused(IPEndPoint remote);

    /// <summary>A connection was not let in for want of room, or a fault that the server survives.</summary>
    void Faulted(NetLabException fault, EndPoint target);
}

/// <summary>What a TCP server tells beside its messages. Called on socket threads: must not block.</summary>
internal interface ITcpServerObserver : IStreamServerObserver
{
    void Opened(TcpConnection connection);

    void Closed(TcpConnection connection);
}
