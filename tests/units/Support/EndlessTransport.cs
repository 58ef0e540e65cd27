using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>A connection to a peer that sends without end, faster than anybody reads, and takes everything.</summary>
internal sealed class EndlessTransport(Socket socket) : Transport(socket)
{
    internal override bool IsTurnOver => true;

    internal override async ValueTask NextTurnAsync() => await Task.Yield();

    internal override ValueTask WaitReadableAsync(CancellationToken cancellationToken) => default;

    internal override void Interrupt()
    {
    }

    private protected override int ReceiveNow(Span<byte> buffer)
    {
        buffer.Clear();
        return buffer.Length;
    }

    private protected override int SendNow(ReadOnlySpan<byte> data) => data.Length;

    private protected override ValueTask SendAllAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => default;

    private protected override void Resume()
    {
    }
}
