using System.Net.Sockets;

namespace PSNetLab.Engine.IO;

/// <summary>A plain socket through the runtime's own asynchronous I/O, for systems without epoll.</summary>
internal sealed class PortableTransport : Transport
{
    private readonly PoolTurn _turn = new();
    private CancellationTokenSource _interrupted = new();

    internal PortableTransport(Socket socket)
        : base(socket)
    {
    }

    internal override bool IsTurnOver => _turn.IsOver;

    internal override ValueTask NextTurnAsync() => _turn.NextAsync();

    internal override async ValueTask WaitReadableAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_interrupted.Token, cancellationToken);
        try
        {
            // An empty read completes when the socket is readable and needs no buffer until then.
            ValueTask<int> readable = Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, either.Token);
            bool waits = !readable.IsCompleted;
            await readable.ConfigureAwait(false);
            await _turn.ContinueAsync(hasWaited: waits).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_interrupted.IsCancellationRequested)
        {
        }
        catch (SocketException error) when (NoteFailure(error))
        {
            throw;
        }
    }

    private protected override int ReceiveNow(Span<byte> buffer)
    {
        if (_interrupted.IsCancellationRequested)
        {
            return 0;
        }

        int count = Socket.Receive(buffer, SocketFlags.None, out SocketError error);
        HasPeerEnded = count == 0 && error == SocketError.Success;
        return error switch
        {
            SocketError.Success => count,
            SocketError.WouldBlock => -1,
            _ => throw new SocketException((int)error),
        };
    }

    private protected override int SendNow(ReadOnlySpan<byte> data)
    {
        data = data[..Math.Min(data.Length, MostBytesPerCall)];
        int count = Socket.Send(data, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => count,
            SocketError.WouldBlock => 0,
            _ => throw new SocketException((int)error),
        };
    }

    private protected override async ValueTask SendAllAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_interrupted.Token, cancellationToken);
        try
        {
            for (int sent = 0; sent < data.Length;)
            {
                int piece = Math.Min(data.Length - sent, MostBytesPerCall);
                ValueTask<int> sending = Socket.SendAsync(data.Slice(sent, piece), SocketFlags.None, either.Token);
                bool waits = !sending.IsCompleted;
                if (waits)
                {
                    SendWaits?.OnPaused();
                }

                sent += await sending.ConfigureAwait(false);
                await _turn.ContinueAsync(hasWaited: waits).ConfigureAwait(false);
                if (waits)
                {
                    SendWaits?.OnResumed();
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.Shutdown);
        }
    }

    internal override void Interrupt() => _interrupted.Cancel();

    private protected override void Resume() => _interrupted = new CancellationTokenSource();
}
