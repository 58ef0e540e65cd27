using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Primitives;

/// <summary>The one place that turns the system's socket errors into faults with a name and advice.</summary>
internal static class SocketFaults
{
    /// <summary>
    /// Returns " (by process 4711, node)" for a port that is in use, or nothing. Set from above, because this floor cannot
    /// list processes.
    /// </summary>
    internal static Func<IPEndPoint, ProtocolType, string> DescribeOwner { get; set; } = static (_, _) => string.Empty;

    private const string NoMoreDescriptors = "this process is out of file descriptors";

    internal static NetLabException Listen(
        SocketException error, IPEndPoint endPoint, ProtocolType protocol, string portParameter = "-Port")
        => error.SocketErrorCode switch
    {
        _ when LinkLocal.MissingScope(endPoint) is { } fault => fault,
        SocketError.AddressAlreadyInUse => new(
            FaultKind.PortInUse,
            $"Port {endPoint.Port} on {endPoint.Address} is in use{DescribeOwner(endPoint, protocol)}. Choose another with "
                + $"{portParameter}, or 0 for any free one.",
            error),
        SocketError.AccessDenied => new(
            FaultKind.PortNotPermitted,
            $"You are not allowed to open port {endPoint.Port} on "
                + $"{endPoint.Address}{(endPoint.Port is > 0 and < 1024 ? ": ports below 1024 need extra rights here" : string.Empty)}. "
                + "Choose a port of 1024 or above, or 0 for any free one.",
            error),
        SocketError.AddressNotAvailable => new(
            FaultKind.AddressNotLocal,
            $"{endPoint.Address} is not an address of this machine. Use the address of one of its interfaces, Loopback, "
                + "or Any for all of them.",
            error),
        _ => Other(error, $"Cannot listen on {endPoint}"),
    };

    /// <summary>Whether an attempt to connect failed because the peer had accepted, and reset the connection, before it ended.</summary>
    internal static bool IsResetAtOnce(SocketException error)
        => error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted
            && error is not ErrnoException { Number: Errno.EPROTO }; // which only has the same word in .NET

    /// <summary>Why one attempt to connect failed, in a few words for a list.</summary>
    internal static (FaultKind Kind, string Words) Connect(Exception error) => error switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
            (FaultKind.ConnectionRefused, "refused: nothing is listening there"),
        SocketException { SocketErrorCode: SocketError.TimedOut } or OperationCanceledException =>
            (FaultKind.ConnectTimeout, "no answer in time"),
        SocketException { SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable } =>
            (FaultKind.HostUnreachable, "no route to host"),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
            (FaultKind.AddressNotLocal, "the local address cannot be used to reach it"),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
            (FaultKind.PortInUse, "the local port is in use"),
        SocketException reset when IsResetAtOnce(reset) =>
            (FaultKind.ConnectionReset, "accepted, and reset at once"),
        SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } =>
            (FaultKind.TooManyOpenFiles, NoMoreDescriptors),
        SocketException other => (FaultKind.SocketError, Words(other)),
        _ => (FaultKind.SocketError, error.Message),
    };

    /// <summary>What a listening socket reports of an earlier datagram, and who goes on.</summary>
    internal static NetLabException Reported(Exception error, IPEndPoint endPoint, string who) => new(
        FaultKind.SocketError,
        $"The socket on {endPoint} reported: {(error is SocketException known ? Words(known) : error.Message)}. The {who} keeps running.",
        error);

    /// <summary>Why a datagram could not be sent.</summary>
    internal static NetLabException SendDatagram(SocketException error, EndPoint remote, int length) => error.SocketErrorCode switch
    {
        _ when LinkLocal.MissingScope(remote) is { } fault => fault,
        SocketError.MessageSize => new(
            FaultKind.MessageTooLong,
            $"A datagram of {length} bytes cannot be sent to {remote}: at most 65507 fit over IPv4 and 65527 over IPv6 "
                + "(RFC 768), and some interfaces allow less. Split the message, or use TCP.",
            error),
        SocketError.ConnectionRefused or SocketError.ConnectionReset => new(
            FaultKind.ConnectionRefused,
            $"Nothing is listening on {remote}: an earlier datagram was answered with ICMP port unreachable (RFC 1122, "
                + "section 4.1.3.1). Check that the server is running and that the port is right.",
            error),
        // The rules of a firewall for what goes out are told as EPERM (sendto(2)); a broadcast without SO_BROADCAST is EACCES.
        SocketError.AccessDenied when error is ErrnoException { Number: Errno.EPERM } => new(
            FaultKind.SocketError,
            $"The system refused to send to {remote}: {Words(error)}. A firewall or a security policy of this machine does not let it "
                + "out. Check its rules.",
            error),
        SocketError.AccessDenied => new(
            FaultKind.BroadcastNotPermitted,
            $"The system refused to send to {remote}: it is a broadcast address, and the socket must allow broadcasts "
                + "first (SO_BROADCAST). Use Send-Broadcast.",
            error),
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => new(
            FaultKind.HostUnreachable,
            $"There is no route to {remote}. Check the address, the network interface and the routes.",
            error),
        _ => Other(error, $"Cannot send to {remote}"),
    };

    /// <summary>The fault when the process or the system is out of file descriptors.</summary>
    internal static NetLabException NoDescriptors(string what, string advice, Exception? error = null)
        => new(FaultKind.TooManyOpenFiles, $"{what}: {NoMoreDescriptors}. {advice}", error);

    /// <summary>A fault without a message of its own.</summary>
    internal static NetLabException Other(SocketException error, string what) => error.SocketErrorCode == SocketError.TooManyOpenSockets
        ? NoDescriptors(what, "Close some connections, or raise the limit (ulimit -n).", error)
        : new(FaultKind.SocketError, $"{what}: {Words(error)}.", error);

    /// <summary>The system's own text and number of an error.</summary>
    internal static string Words(SocketException error)
    {
        int number = (error as ErrnoException)?.Number ?? error.NativeErrorCode;
        return $"{error.Message.TrimEnd('.')} ({(OperatingSystem.IsWindows() ? "error" : "errno")} {number})";
    }
}
