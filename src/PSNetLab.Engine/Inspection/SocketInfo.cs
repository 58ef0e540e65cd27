using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>Describes a socket. A property is null if the system does not report it, or if it was not asked for.</summary>
public sealed class SocketInfo
{
    /// <summary>The protocol; null if it is not a member of <see cref="SocketProtocol"/>.</summary>
    public SocketProtocol? Protocol { get; internal init; }

    /// <summary>The state, with the names of TCP for sockets of every kind.</summary>
    public SocketState State { get; internal init; }

    /// <summary>The local address; null for a Unix socket.</summary>
    public string? LocalAddress => Local?.ToString();

    /// <summary>The local port; null for a Unix socket.</summary>
    public int? LocalPort { get; internal init; }

    /// <summary>The address of the peer; null without one.</summary>
    public string? RemoteAddress => Remote?.ToString();

    /// <summary>The port of the peer; null without one.</summary>
    public int? RemotePort { get; internal init; }

    /// <summary>The local address and port, as text that has an Address and a Port; for a Unix socket, its path.</summary>
    public object? LocalEndPoint => EndPoint(Local, LocalPort) ?? Path;

    /// <summary>The address and port of the peer, as text that has an Address and a Port; null without one.</summary>
    public object? RemoteEndPoint => EndPoint(Remote, RemotePort);

    /// <summary>The path of a Unix socket; an abstract name starts with @ (unix(7)).</summary>
    public string? Path { get; internal init; }

    /// <summary>The address family: InterNetwork for IPv4, InterNetworkV6 for IPv6, or Unix.</summary>
    public string AddressFamily => Family.ToString();

    /// <summary>The type: Stream, Dgram, or for Unix sockets also Seqpacket.</summary>
    public string SocketType => Type.ToString();

    /// <summary>Bytes received and not yet read; for a listener, connections not yet accepted.</summary>
    public long? ReceiveQueue { get; internal init; }

    /// <summary>Bytes sent and not yet acknowledged; for a listener, the most connections that may wait.</summary>
    public long? SendQueue { get; internal init; }

    /// <summary>The number of the user who owns the socket.</summary>
    public uint? UserId { get; internal init; }

    /// <summary>The name of that user.</summary>
    public string? UserName { get; internal init; }

    /// <summary>The inode number of the socket on Linux; 0 if no process has it open.</summary>
    public long? Inode { get; internal init; }

    /// <summary>The file descriptor or handle, for a socket of this process.</summary>
    public long? Handle { get; internal init; }

    /// <summary>The id of the process that has the socket open; of several, the first one found.</summary>
    public int? ProcessId { get; internal set; }

    /// <summary>The name of that process.</summary>
    public string? ProcessName { get; internal set; }

    /// <summary>The path of that process's program.</summary>
    public string? ProcessPath { get; internal set; }

    /// <summary>Datagrams the system dropped because the receive buffer was full.</summary>
    public long? Drops { get; internal init; }

    /// <summary>Whether calls on the socket block.</summary>
    public bool? Blocking { get; internal init; }

    /// <summary>Bytes received by the module's connection or server that owns the socket.</summary>
    public long? BytesReceived { get; internal init; }

    /// <summary>Bytes sent by that connection or server.</summary>
    public long? BytesSent { get; internal init; }

    /// <summary>Messages received by that connection or server.</summary>
    public long? MessagesReceived { get; internal init; }

    /// <summary>Messages sent by that connection or server.</summary>
    public long? MessagesSent { get; internal init; }

    /// <summary>The common options, for a socket of this process.</summary>
    public TextList<SocketOption>? Options { get; internal init; }

    /// <summary>The kernel's TCP measurements of the connection (Linux only).</summary>
    public TcpInfo? TcpInfo { get; internal init; }

    internal IPAddress? Local { get; init; }

    internal IPAddress? Remote { get; init; }

    internal AddressFamily Family { get; init; }

    internal SocketType Type { get; init; }

    /// <inheritdoc/>
    public override string ToString()
        => PeerText.Visible($"{Protocol} {State} {LocalEndPoint}").TrimEnd() + (Remote is null ? string.Empty : $" - {RemoteEndPoint}");

    private static object? EndPoint(IPAddress? address, int? port)
        => address is null ? null : EndPointText.Of(new IPEndPoint(address, port ?? 0));
}
