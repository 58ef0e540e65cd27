using System.Net;
using System.Net.Sockets;

namespace PSNetLab;

/// <summary>What is known of a socket. What the system cannot tell, or was not asked, is null.</summary>
public sealed class SocketInfo
{
    /// <summary>The protocol; null for one that is none of these.</summary>
    public SocketProtocol? Protocol { get; internal init; }

    /// <summary>The state.</summary>
    public SocketState State { get; internal init; }

    /// <summary>The local address; null for a Unix socket.</summary>
    public IPAddress? LocalAddress { get; internal init; }

    /// <summary>The local port.</summary>
    public int? LocalPort { get; internal init; }

    /// <summary>The address of the peer; null without one.</summary>
    public IPAddress? RemoteAddress { get; internal init; }

    /// <summary>The port of the peer; null without one.</summary>
    public int? RemotePort { get; internal init; }

    /// <summary>The path of a Unix socket; one that starts with @ is abstract.</summary>
    public string? Path { get; internal init; }

    /// <summary>The address family.</summary>
    public AddressFamily AddressFamily { get; internal init; }

    /// <summary>The type: a stream or datagrams.</summary>
    public SocketType SocketType { get; internal init; }

    /// <summary>Bytes received and not yet read; of a listener, connections not yet accepted.</summary>
    public long? ReceiveQueue { get; internal init; }

    /// <summary>Bytes sent and not yet confirmed; of a listener, the most connections that may wait.</summary>
    public long? SendQueue { get; internal init; }

    /// <summary>The number of the user the socket belongs to.</summary>
    public uint? UserId { get; internal init; }

    /// <summary>The name of that user.</summary>
    public string? UserName { get; internal init; }

    /// <summary>The number of the socket in the system; 0 for one that no process has any more.</summary>
    public long? Inode { get; internal init; }

    /// <summary>The file descriptor or handle, of a socket of this process.</summary>
    public long? Handle { get; internal init; }

    /// <summary>The process that has the socket; of several, the first.</summary>
    public int? ProcessId { get; internal set; }

    /// <summary>The name of that process.</summary>
    public string? ProcessName { get; internal set; }

    /// <summary>The program of that process.</summary>
    public string? ProcessPath { get; internal set; }

    /// <summary>Datagrams the system dropped because the receive buffer was full.</summary>
    public long? Drops { get; internal init; }

    /// <summary>Whether a call on the socket waits for its end.</summary>
    public bool? Blocking { get; internal init; }

    /// <summary>Bytes received by the module's connection or server.</summary>
    public long? BytesReceived { get; internal init; }

    /// <summary>Bytes sent by it.</summary>
    public long? BytesSent { get; internal init; }

    /// <summary>Messages received by it.</summary>
    public long? MessagesReceived { get; internal init; }

    /// <summary>Messages sent by it.</summary>
    public long? MessagesSent { get; internal init; }

    /// <summary>The common options, of a socket of this process.</summary>
    public IReadOnlyList<SocketOption>? Options { get; internal init; }

    /// <summary>What TCP itself knows of the connection.</summary>
    public TcpInfo? TcpInfo { get; internal init; }

    /// <inheritdoc/>
    public override string ToString() => LocalAddress is null
        ? $"{Protocol} {State} {Path}".TrimEnd()
        : $"{Protocol} {State} {LocalAddress}:{LocalPort}" + (RemotePort is null ? string.Empty : $" - {RemoteAddress}:{RemotePort}");
}
