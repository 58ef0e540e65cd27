using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>The two ends of a conversation as packets name them.</summary>
internal sealed class PacketAddresses
{
    private const int Ports = 0x4000;
    private const int FirstPort = 0xC000;

    private readonly byte[][] _addresses;
    private readonly ushort[] _ports;

    internal PacketAddresses(IPEndPoint client, IPEndPoint server, int connectionId)
    {
        IsIPv4 = client.AddressFamily == AddressFamily.InterNetwork && server.AddressFamily == AddressFamily.InterNetwork;
        _addresses = [Bytes(client.Address), Bytes(server.Address)];

        // Unix sockets have no ports; conversations must be told apart, though.
        HasPorts = client.Port != 0 || server.Port != 0;
        _ports = HasPorts
            ? [(ushort)client.Port, (ushort)server.Port]
            : [(ushort)(FirstPort + (uint)connectionId % Ports), 1];
    }

    internal bool IsIPv4 { get; }

    /// <summary>False for Unix sockets, whose addresses and ports are made up.</summary>
    internal bool HasPorts { get; }

    internal ReadOnlySpan<byte> Source(NetTranscriptDirection direction) => _addresses[(int)direction];

    internal ReadOnlySpan<byte> Destination(NetTranscriptDirection direction) => _addresses[1 - (int)direction];

    internal ushort SourcePort(NetTranscriptDirection direction) => _ports[(int)direction];

    internal ushort DestinationPort(NetTranscriptDirection direction) => _ports[1 - (int)direction];

    private byte[] Bytes(IPAddress address) => (IsIPv4 ? address : address.MapToIPv6()).GetAddressBytes();
}
