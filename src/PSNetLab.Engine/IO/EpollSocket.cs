using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>A socket under an <see cref="EpollLoop"/>: what it is ready for, and who waits for that.</summary>
internal sealed class EpollSocket
{
    // After this many reads in a row that found data, the other sockets of the loop get their turn.
    private const int ReadsPerTurn = 16;

    private readonly EpollLoop _loop = EpollLoop.Next();
    private int _readsThisTurn;
    private volatile bool _endIsNear;
    private volatile bool _interrupted;

    internal EpollSocket(Socket socket)
    {
        Handle = socket.SafeHandle;
        _loop.Add(this, Handle);
    }

    internal SafeSocketHandle Handle { get; }

    /// <summary>Identifies this socket's events in the loop.</summary>
    internal ulong Registration { get; set; }

    internal Readiness Read { get; } = new();

    internal Readiness Write { get; } = new();

    /// <summary>Whether reading and writing must end.</summary>
    internal bool IsInterrupted => _interrupted;

    internal ValueTask WaitReadableAsync(CancellationToken cancellationToken)
    {
        if (_readsThisTurn >= ReadsPerTurn && _loop.IsCurrentThread)
        {
            _readsThisTurn = 0;
            Read.Clear();
            _loop.SignalNextTurn(this);
        }

        return Read.WaitAsync(cancellationToken);
    }

    /// <summary>Call this before a read, so that no event or interruption during it is lost. False if it must not read.</summary>
    internal bool BeginRead()
    {
        Read.Clear();
        if (_interrupted)
        {
            Read.Signal();
            return false;
        }

        return true;
    }

    /// <summary>
    /// Call this after a read. A read that emptied the socket need not be repeated to find that out, which saves a system
    /// call per message (epoll(7)).
    /// </summary>
    internal void EndRead(bool mayHaveMore)
    {
        // The end of the stream is announced by only one event.
        if (mayHaveMore || _endIsNear)
        {
            Read.Signal();
        }

        _readsThisTurn++;
    }

    internal void Interrupt()
    {
        _interrupted = true;
        Read.Signal();
        Write.Signal();
    }

    /// <summary>Undoes an interruption.</summary>
    internal void Resume() => _interrupted = false;

    /// <summary>Call this before the socket is closed.</summary>
    internal void Leave() => _loop.Remove(this);

    /// <summary>Called by the loop, with the events of epoll_wait(2).</summary>
    internal void OnEvents(uint events)
    {
        const uint End = EpollCalls.PeerHangUp | EpollCalls.HangUp | EpollCalls.Error;
        if ((events & End) != 0)
        {
            _endIsNear = true;
        }

        if ((events & (EpollCalls.Out | EpollCalls.HangUp | EpollCalls.Error)) != 0)
        {
            Write.Signal();
        }

        if ((events & (EpollCalls.In | End)) != 0)
        {
            OnNextTurn();
        }
    }

    /// <summary>Called by the loop to continue with a socket that let others go first.</summary>
    internal void OnNextTurn()
    {
        _readsThisTurn = 0;
        Read.Signal();
    }

    /// <summary>Checks the errno of the previous call: true if it would have to wait, false if it must be repeated.</summary>
    /// <exception cref="SocketException">It failed.</exception>
    internal bool WouldBlock()
    {
        switch (Marshal.GetLastPInvokeError())
        {
            case Errno.EAGAIN:
                return true;
            case Errno.EINTR:
                return false;
            case int errno:
                // There may be no more events, but every later attempt must fail rather than wait.
                Read.Signal();
                Write.Signal();
                throw Errno.ToException(errno);
        }
    }
}
