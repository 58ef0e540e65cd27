using System.Net;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.MacOS;

namespace PSNetLab.Engine.Inspection;

/// <summary>
/// Lists the sockets of a Mac by process. That has every detail macOS reports, but only root sees the processes of other
/// users.
/// </summary>
internal sealed class MacSockets(IProcessDescriptors system)
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>
    /// Lists the sockets of some protocols. A socket that several processes share is listed once. A socket that is neither
    /// bound nor connected is not listed, as on other systems.
    /// </summary>
    /// <param name="protocols">The protocols.</param>
    /// <param name="all">The sockets of all users, with fewer details; those not seen by process are listed at the end.</param>
    /// <param name="onSocket">Called with each socket.</param>
    internal void List(SocketProtocol[] protocols, IEnumerable<SocketInfo> all, Action<SocketInfo> onSocket)
    {
        Dictionary<EndPoints, int> told = [];
        ListVisible(socket =>
        {
            if (protocols.Contains(socket.Protocol!.Value) && (socket.LocalPort is not null || socket.Protocol == SocketProtocol.Unix))
            {
                EndPoints endPoints = EndPoints.Of(socket);
                told[endPoints] = told.GetValueOrDefault(endPoints) + 1;
                onSocket(socket);
            }
        });
        foreach (SocketInfo socket in all)
        {
            EndPoints endPoints = EndPoints.Of(socket);
            if (told.TryGetValue(endPoints, out int count) && count > 0)
            {
                told[endPoints] = count - 1;
            }
            else
            {
                onSocket(socket);
            }
        }
    }

    /// <summary>A socket by its descriptor; null if it is not a socket, or not of a kind that can be listed.</summary>
    internal SocketInfo? Find(int process, int descriptor)
    {
        byte[] socket = new byte[SocketFdInfo.Bytes];
        return system.ReadSocket(process, descriptor, socket) == socket.Length ? SocketFdInfo.Read(socket, process) : null;
    }

    private void ListVisible(Action<SocketInfo> onSocket)
    {
        HashSet<ulong> seen = [];
        byte[] socket = new byte[SocketFdInfo.Bytes];
        foreach (int process in MemoryMarshal.Cast<byte, int>(ReadAll(system.ListProcesses)))
        {
            ReadOnlySpan<byte> descriptors = ReadAll(buffer => system.ListDescriptors(process, buffer));
            foreach (Descriptor descriptor in MemoryMarshal.Cast<byte, Descriptor>(descriptors))
            {
                if (descriptor.Kind == Descriptor.Socket
                    && system.ReadSocket(process, descriptor.Number, socket) == socket.Length
                    && seen.Add(SocketFdInfo.Identity(socket))
                    && SocketFdInfo.Read(socket, process) is { } info)
                {
                    onSocket(info);
                }
            }
        }
    }

    private delegate int Reader(Span<byte> buffer);

    /// <summary>Reads a list of any length; empty without the rights for it, or if the process has ended.</summary>
    private static ReadOnlySpan<byte> ReadAll(Reader read)
    {
        for (byte[] buffer = new byte[FirstBytes]; ; buffer = new byte[2 * buffer.Length])
        {
            int bytes = read(buffer);

            // A list that does not fit is cut off silently.
            if (bytes < buffer.Length)
            {
                return buffer.AsSpan(0, Math.Max(bytes, 0));
            }
        }
    }

    /// <summary>struct proc_fdinfo.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Descriptor
    {
        internal const uint Socket = 2;

        internal readonly int Number;
        internal readonly uint Kind;
    }

    /// <summary>
    /// Identifies a socket in a list without processes. There, a socket that listens on all addresses may appear as IPv4,
    /// the interface of a link-local address may be missing, and so may the peer of a datagram socket.
    /// </summary>
    private readonly record struct EndPoints(
        SocketProtocol? Protocol, IPAddress? Local, int? LocalPort, IPAddress? Remote, int? RemotePort)
    {
        internal static EndPoints Of(SocketInfo socket) => socket.Protocol == SocketProtocol.Tcp
            ? new(socket.Protocol, Plain(socket.Local), socket.LocalPort, Plain(socket.Remote), socket.RemotePort)
            : new(socket.Protocol, Plain(socket.Local), socket.LocalPort, null, null);

        private static IPAddress? Plain(IPAddress? address) => address switch
        {
            { IsIPv6LinkLocal: true } => SocketFdInfo.Address6(address.GetAddressBytes(), withScope: false),
            null => null,
            _ when address.Equals(IPAddress.IPv6Any) => IPAddress.Any,
            _ => address,
        };
    }
}
