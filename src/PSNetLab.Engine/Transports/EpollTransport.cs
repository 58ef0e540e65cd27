using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PSNetLab.Engine;

/// <summary>A plain socket on Linux, served by an <see cref="EpollLoop"/>: one system call per read and per write.</summary>
internal sealed class EpollTransport : Transport
{
    // After this many reads that found data at once, the other connections of the loop get their turn.
    private const int ReadsPerTurn = 16;

    private readonly EpollLoop _loop;
    private readonly SafeSocketHandle _handle;
    private readonly Readiness _read = new();
    private readonly Readiness _write = new();
    private int _readsThisTurn;
    private volatile bool _endIsNear;
    private volatile bool _interrupted;

    internal EpollTransport(Socket socket)
        : base(socket)
    {
        _handle = socket.SafeHandle;
        _loop = EpollLoop.Next();
        _loop.Add(this, _handle);
    }

    /// <summary>What the loop tells this socket's events by.</summary>
    internal ulong Registration { get; set; }

    internal override ValueTask WaitReadableAsync(CancellationToken cancellationToken)
    {
        if (_readsThisTurn >= ReadsPerTurn && _loop.IsCurrentThread)
        {
            _readsThisTurn = 0;
            _read.Clear();
            _loop.SignalNextTurn(this);
        }

        return _read.WaitAsync(cancellationToken);
    }

    internal override unsafe int TryReceive(Span<byte> buffer)
    {
        // Cleared first: an interruption or an event during the attempt sets it again.
        _read.Clear();
        if (_interrupted)
        {
            _read.Signal();
            return 0;
        }

        nint count;
        fixed (byte* start = buffer)
        {
            count = LibC.Receive(_handle, start, (nuint)buffer.Length, 0);
        }

        if (count < 0)
        {
            return Failed() ? -1 : TryReceive(buffer);
        }

        // A read that did not fill the buffer emptied the socket, so the next attempt can wait for the next event (epoll(7)):
        // it saves a system call per message. The end of the stream gives no further event once it has been announced.
        if (count == buffer.Length || count == 0 || _endIsNear)
        {
            _read.Signal();
        }

        _readsThisTurn++;
        return (int)count;
    }

    internal override unsafe int TrySend(ReadOnlySpan<byte> data)
    {
        _write.Clear();
        nint count;
        fixed (byte* start = data)
        {
            count = LibC.Send(_handle, start, (nuint)data.Length, LibC.NoSignal);
        }

        if (count < 0)
        {
            return Failed() ? 0 : TrySend(data);
        }

        if (count == data.Length)
        {
            _write.Signal();
        }

        return (int)count;
    }

    internal override async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (true)
        {
            int sent = TrySend(data.Span);

            // After the attempt, which clears the signal that an interruption gave before it.
            if (_interrupted)
            {
                throw new SocketException((int)SocketError.Shutdown);
            }

            data = data[sent..];
            if (data.IsEmpty)
            {
                return;
            }

            await _write.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal override void Interrupt()
    {
        _interrupted = true;
        _read.Signal();
        _write.Signal();
    }

    public override void Dispose()
    {
        _loop.Remove(this);
        base.Dispose();
    }

    /// <summary>Called by the loop, with the events of epoll_wait(2).</summary>
    internal void OnEvents(uint events)
    {
        const uint End = LibC.EpollPeerHangUp | LibC.EpollHangUp | LibC.EpollError;
        if ((events & End) != 0)
        {
            _endIsNear = true;
        }

        if ((events & (LibC.EpollOut | LibC.EpollHangUp | LibC.EpollError)) != 0)
        {
            _write.Signal();
        }

        if ((events & (LibC.EpollIn | End)) != 0)
        {
            OnNextTurn();
        }
    }

    /// <summary>Called by the loop, to go on with a connection that let others pass.</summary>
    internal void OnNextTurn()
    {
        _readsThisTurn = 0;
        _read.Signal();
    }

    /// <summary>Judges the errno of the call before: true when it would have to wait, false when it is to be repeated.</summary>
    private static bool Failed() => Marshal.GetLastPInvokeError() switch
    {
        LibC.TryAgain => true,
        LibC.Interrupted => false,
        int errno => throw LibC.Error(errno),
    };
}
