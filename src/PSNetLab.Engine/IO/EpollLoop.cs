using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>A thread that waits in epoll_wait(2) for all its sockets and serves them right there.</summary>
/// <remarks>
/// The runtime's own sockets pass every event to the thread pool and try one read more than needed; for short messages
/// that costs as much as the messages. Nothing that runs here may block: a few such threads serve all servers.
/// Sockets take turns. One that used up a turn is served after those that had little to do, but once in each round, so that neither
/// keeps the other waiting.
/// </remarks>
internal sealed unsafe class EpollLoop
{
    internal const int MostLoops = 8;
    private const int EventsPerWait = 256;

    // Identifies events of the timer. A socket has a place among the slots, of which there are never so many.
    private const ulong TimerRegistration = ulong.MaxValue;

    // How long sockets are served without looking for new events.
    private static readonly long s_longestRound = Stopwatch.Frequency / 1000;

    // With many greedy sockets, turns get shorter, so that each still gets its turn in this time.
    private static readonly long s_longestWait = Stopwatch.Frequency / 50;
    private static readonly long s_shortestTurn = LoopThread.LongestTurn / 5;

    private static readonly object s_starting = new();
    private static EpollLoop[]? s_loops;
    private static uint s_next;

    private static readonly int s_eventBytes = Abi.Current.EpollEventBytes;
    private static readonly int s_dataOffset = Abi.Current.EpollDataOffset;

    private readonly int _epoll;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private readonly Stack<int> _freeSlots = new();
    private EpollSocket?[] _slots = new EpollSocket?[64];
    private int _slotCount;
    private uint _generation;
    private readonly TurnQueue<EpollSocket> _modest = new();
    private readonly TurnQueue<EpollSocket> _greedy = new();

    private EpollLoop(int epoll, int index)
    {
        Index = index;
        _epoll = epoll;
        Timers = new LoopTimers(AddTimer);
        _thread = new Thread(Run, maxStackSize: 512 * 1024) { IsBackground = true, Name = "PSNetLab epoll" };
        _thread.Start();
    }

    /// <summary>Whether sockets are served by epoll here: only if the system has it and <see cref="PortableIO"/> is off.</summary>
    /// <exception cref="SocketException">The process has no descriptors left for it.</exception>
    internal static bool IsSupported => Loops.Length > 0;

    /// <summary>Its place among the loops.</summary>
    internal int Index { get; }

    /// <summary>What waits for a point in time.</summary>
    internal LoopTimers Timers { get; }

    internal bool IsCurrentThread => Thread.CurrentThread == _thread;

    /// <summary>The loop for the next connection: they take turns.</summary>
    internal static EpollLoop Next()
    {
        EpollLoop[] loops = Loops;
        return loops[Interlocked.Increment(ref s_next) % (uint)loops.Length];
    }

    /// <summary>Starts watching a socket; its first event says what it is ready for now.</summary>
    internal void Add(EpollSocket socket, SafeSocketHandle handle)
    {
        lock (_gate)
        {
            int index = _freeSlots.TryPop(out int free) ? free : _slotCount++;
            if (index == _slots.Length)
            {
                Array.Resize(ref _slots, _slots.Length * 2);
            }

            // The generation distinguishes an event of this socket from a late one of the socket that had the slot before.
            socket.Registration = ((ulong)++_generation << 32) | (uint)index;
            _slots[index] = socket;
        }

        byte* epollEvent = stackalloc byte[16];
        *(uint*)epollEvent = EpollCalls.In | EpollCalls.Urgent | EpollCalls.Out | EpollCalls.PeerHangUp | EpollCalls.EdgeTriggered;
        *(ulong*)(epollEvent + s_dataOffset) = socket.Registration;
        if (EpollCalls.Control(_epoll, EpollCalls.Add, handle, epollEvent) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            Remove(socket);
            throw Errno.ToException(errno);
        }
    }

    /// <summary>Forgets a socket. The system stops watching it when it is closed.</summary>
    internal void Remove(EpollSocket socket)
    {
        int index = (int)(uint)socket.Registration;
        lock (_gate)
        {
            if (_slots[index] == socket)
            {
                _slots[index] = null;
                _freeSlots.Push(index);
            }
        }
    }

    /// <summary>Gives a socket a turn, after those before it. Only from the loop's own thread.</summary>
    internal void Queue(EpollSocket socket)
    {
        if (socket.IsGreedy)
        {
            _greedy.Add(socket.Share.Greedy, socket);
        }
        else
        {
            _modest.Add(socket.Share.Modest, socket);
        }
    }

    private static EpollLoop[] Loops => Volatile.Read(ref s_loops) ?? Start();

    private static EpollLoop[] Start()
    {
        lock (s_starting)
        {
            return s_loops ??= [.. Open().Select((epoll, index) => new EpollLoop(epoll, index))];
        }
    }

    private static int[] Open()
    {
        if (!OperatingSystem.IsLinux() || PortableIO.IsOn)
        {
            return [];
        }

        try
        {
            int[] epolls = new int[Math.Clamp(Environment.ProcessorCount / 2, 1, MostLoops)];
            for (int i = 0; i < epolls.Length; i++)
            {
                epolls[i] = EpollCalls.Create(EpollCalls.CloseOnExec);
                if (epolls[i] < 0)
                {
                    SocketException error = Errno.ToException(Marshal.GetLastPInvokeError());
                    Array.ForEach(epolls[..i], static epoll => _ = EpollCalls.Close(epoll));
                    throw error;
                }
            }

            return epolls;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return []; // the portable socket does the same, at a higher cost
        }
    }

    private void Run()
    {
        LoopThread.Enter();
        byte* events = stackalloc byte[EventsPerWait * s_eventBytes];
        while (true)
        {
            int count = EpollCalls.Wait(_epoll, events, EventsPerWait, _modest.Count + _greedy.Count > 0 ? 0 : -1);
            for (int i = 0; i < count; i++)
            {
                byte* one = events + (i * s_eventBytes);
                ulong registration = *(ulong*)(one + s_dataOffset);
                if (registration == TimerRegistration)
                {
                    Timers.OnExpired();
                }
                else
                {
                    Find(registration)?.OnEvents(*(uint*)one);
                }
            }

            RunTurns();
        }
    }

    /// <summary>Serves the modest for a while, and then one of the greedy.</summary>
    private void RunTurns()
    {
        long now = Stopwatch.GetTimestamp();
        long end = now + s_longestRound;
        while (_modest.Count > 0 && now < end)
        {
            now = RunTurn(_modest.Take(), now, LoopThread.LongestTurn);
        }

        if (_greedy.Count > 0)
        {
            long length = Math.Clamp(s_longestWait / _greedy.Count, s_shortestTurn, LoopThread.LongestTurn);
            RunTurn(_greedy.Take(), now, length);
        }
    }

    /// <summary>Gives a socket its turn; returns when it ended.</summary>
    private static long RunTurn(EpollSocket socket, long start, long length)
    {
        LoopThread.BeginTurn(start + length);
        socket.RunTurn();
        long end = Stopwatch.GetTimestamp();
        if (end - start > length)
        {
            socket.NoteLongTurn(); // whether or not its work asked for the time
        }

        return end;
    }

    /// <summary>Opens the timer, and watches it; negative if the system refuses it.</summary>
    private int AddTimer()
    {
        int timer = TimerCalls.Create();
        byte* epollEvent = stackalloc byte[16];
        *(uint*)epollEvent = EpollCalls.In | EpollCalls.EdgeTriggered; // so that nobody needs to read it
        *(ulong*)(epollEvent + s_dataOffset) = TimerRegistration;
        if (timer >= 0 && EpollCalls.Control(_epoll, EpollCalls.Add, timer, epollEvent) != 0)
        {
            _ = EpollCalls.Close(timer);
            return -1;
        }

        return timer;
    }

    private EpollSocket? Find(ulong registration)
    {
        EpollSocket? socket = Volatile.Read(ref _slots)[(int)(uint)registration];
        return socket?.Registration == registration ? socket : null;
    }
}
