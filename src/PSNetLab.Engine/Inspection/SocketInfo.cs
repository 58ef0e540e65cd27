using System.Net;
using System.Net.Sockets;

namespace PSNetLab;

/// <summary>What is known about a socket. What the system does not report, or was not asked for, is null.</summary>
public sealed class SocketInfo
{
    /// <summary>The protocol; null for any other.</summary>
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

    /// <summary>Bytes received and not yet read; for a listener, connections not yet accepted.</summary>
    public long? ReceiveQueue { get; internal init; }

    /// <summary>Bytes sent and not yet acknowledged; for a listener, the most connections that may wait.</summary>
    public long? SendQueue { get; internal init; }

    /// <summary>The number of the user the socket belongs to.</summary>
    public uint? UserId { get; internal init; }

    /// <summary>The name of that user.</summary>
    public string? UserName { get; internal init; }

    /// <summary>The number of the socket in the system; 0 if no process has it open.</summary>
    public long? Inode { get; internal init; }

    /// <summary>The file descriptor or handle, for a socket of this process.</summary>
    public long? Handle { get; internal init; }

    /// <summary>The process that has the socket open; the first of several.</summary>
    public int? ProcessId { get; internal set; }

    /// <summary>The name of that process.</summary>
    public string? ProcessName { get; internal set; }

    /// <summary>The program of that process.</summary>
    public string? ProcessPath { get; internal set; }

    /// <summary>Datagrams the system dropped because the receive buffer was full.</summary>
    public long? Drops { get; internal init; }

    /// <summary>Whether calls on the socket block.</summary>
    public bool? Blocking { get; internal init; }

    /// <summary>Bytes received by the module's connection or server.</summary>
    public long? BytesReceived { get; internal init; }

    /// <summary>Bytes sent by it.</summary>
    public long? BytesSent { get; internal init; }

    /// <summary>Messages received by it.</summary>
    public long? MessagesReceived { get; internal init; }

    /// <summary>Messages sent by it.</summary>
    public long? MessagesSent { get; internal init; }

    /// <summary>The common options, for a socket of this process.</summary>
    public IReadOnlyList<SocketOption>? Options { get; internal init; }

    /// <summary>What TCP itself knows about the connection.</summary>
    public TcpInfo? TcpInfo { get; internal init; }

    /// <inheritdoc/>
    public override string ToString() => LocalAddress is null
        ? $"{Protocol} {State} {Path}".TrimEnd()
        : $"{Protocol} {State} {LocalAddress}:{LocalPort}" + (RemotePort is null ? string.Empty : $" - {RemoteAddress}:{RemotePort}");
}
