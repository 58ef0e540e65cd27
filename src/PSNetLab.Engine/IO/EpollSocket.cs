using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>A socket of an <see cref="EpollLoop"/>, with the readiness of its two directions.</summary>
internal sealed class EpollSocket
{
    private readonly EpollLoop _loop = EpollLoop.Next();
    private readonly PoolTurn _poolTurn = new();
    private Due _due;
    private int _longTurns;
    private volatile bool _mustRepeat;
    private volatile bool _interrupted;
    private volatile bool _isBroken;

    /// <param name="handle">The socket to watch.</param>
    /// <param name="group">Who it shares turns with; null for nobody.</param>
    internal EpollSocket(SafeSocketHandle handle, TurnGroup? group = null)
    {
        Handle = handle;
        Share = group?.On(_loop) ?? new TurnGroup.Share();
        _loop.Add(this, Handle);
    }

    /// <summary>What the next turn is for.</summary>
    [Flags]
    private enum Due
    {
        Nothing = 0,
        Read = 1,
        Write = 2,
    }

    internal SafeSocketHandle Handle { get; }

    /// <summary>Identifies this socket's events in the loop.</summary>
    internal ulong Registration { get; set; }

    internal Readiness Read { get; } = new();

    internal Readiness Write { get; } = new();

    /// <summary>Whether reading and writing must end.</summary>
    internal bool IsInterrupted => _interrupted;

    /// <inheritdoc cref="Transport.IsKnownBroken"/>
    internal bool IsBroken => _isBroken;

    /// <inheritdoc cref="Transport.Broken"/>
    internal Action? Broken { get; set; }

    /// <summary>Who it shares turns with.</summary>
    internal TurnGroup.Share Share { get; }

    /// <summary>Whether it used up one of its last turns.</summary>
    internal bool IsGreedy => _longTurns > 0;

    /// <inheritdoc cref="Transport.IsTurnOver"/>
    internal bool IsTurnOver => LoopThread.IsCurrent ? LoopThread.IsTurnOver : _poolTurn.IsOver;

    internal ValueTask WaitReadableAsync(CancellationToken cancellationToken)
        => Read.IsReady && LoopThread.IsTurnOver ? NextTurnAsync(cancellationToken) : Read.WaitAsync(cancellationToken);

    /// <inheritdoc cref="Transport.NextTurnAsync"/>
    internal ValueTask NextTurnAsync(CancellationToken cancellationToken)
        => _loop.IsCurrentThread ? NextTurnAsync(Read, Due.Read, cancellationToken) : _poolTurn.NextAsync();

    /// <summary>Lets the sender of this socket continue after others on its event loop have had their turn.</summary>
    internal ValueTask NextSendTurnAsync(CancellationToken cancellationToken)
        => _loop.IsCurrentThread ? NextTurnAsync(Write, Due.Write, cancellationToken) : default;

    /// <summary>Says that a turn took too long.</summary>
    internal void NoteLongTurn() => _longTurns = LoopThread.ShortTurnsToBeModest;

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
        if (mayHaveMore || _mustRepeat)
        {
            Read.Signal();
        }
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
        // The end of the stream is announced by only one event, and a read ends in front of an urgent byte, whatever follows it (tcp(7)).
        const uint Repeat = EpollCalls.PeerHangUp | EpollCalls.HangUp | EpollCalls.Error | EpollCalls.Urgent;
        if ((events & Repeat) != 0)
        {
            _mustRepeat = true;
        }

        if ((events & EpollCalls.Error) != 0)
        {
            _isBroken = true;
        }

        Due due = (events & (EpollCalls.Out | EpollCalls.HangUp | EpollCalls.Error)) != 0 ? Due.Write : Due.Nothing;
        if ((events & (EpollCalls.In | Repeat)) != 0)
        {
            due |= Due.Read;
        }

        Queue(due);
    }

    /// <summary>Called by the loop: whoever waits continues.</summary>
    internal void RunTurn()
    {
        Due due = _due;
        _due = Due.Nothing;
        _longTurns = Math.Max(_longTurns - 1, 0);
        if ((due & Due.Write) != 0)
        {
            Write.Signal();
        }

        if ((due & Due.Read) != 0)
        {
            Read.Signal();
        }

        if (_isBroken)
        {
            Broken?.Invoke();
        }
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

    private ValueTask NextTurnAsync(Readiness direction, Due due, CancellationToken cancellationToken)
    {
        NoteLongTurn();
        direction.Clear();
        Queue(due);
        return direction.WaitAsync(cancellationToken);
    }

    private void Queue(Due due)
    {
        bool waits = _due != Due.Nothing;
        _due |= due;
        if (!waits)
        {
            _loop.Queue(this);
        }
    }
}
