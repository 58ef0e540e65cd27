using System.Diagnostics;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Proxies;

/// <summary>Closes the port of a proxy while a fault says so, and opens it again.</summary>
internal sealed class PortFaults : IDisposable
{
    private static readonly long s_retry = Stopwatch.Frequency / 2;

    private readonly FaultTable _faults;
    private readonly StreamServer _server;
    private readonly Action<NetFault> _closed;
    private readonly Timer _timer;

    // Also the lock.
    private readonly List<NetFault> _active = [];
    private bool _isStuck;

    /// <param name="faults">The faults of the proxy.</param>
    /// <param name="server">Whose port it is.</param>
    /// <param name="closed">Called when a fault closes the port.</param>
    internal PortFaults(FaultTable faults, StreamServer server, Action<NetFault> closed)
    {
        _faults = faults;
        _server = server;
        _closed = closed;
        _timer = new Timer(static self => ((PortFaults)self!).OnTime(), this, Timeout.Infinite, Timeout.Infinite);
        faults.Changed = Update;
        Update();
    }

    public void Dispose()
    {
        _faults.Changed = null;
        _timer.Dispose();
    }

    private void OnTime()
    {
        bool isKnown = _isStuck;
        try
        {
            Update();
        }
        catch (Exception error)
        {
            // Whatever escapes a timer ends the process.
            if (!isKnown)
            {
                NetLabException fault = error as NetLabException ?? new(
                    FaultKind.SocketError, $"A fault of {_server.LocalEndPoint} could not open or close its port: {error.Message}", error);
                _server.Report(fault, _server.LocalEndPoint);
            }
        }
    }

    /// <exception cref="NetLabException">The port cannot be opened now. It is tried again.</exception>
    private void Update()
    {
        lock (_active)
        {
            long now = Stopwatch.GetTimestamp();
            long next = long.MaxValue;
            List<NetFault> before = [.. _active];
            _active.Clear();
            foreach (NetFault fault in _faults.Faults.Where(fault => fault.Kind == NetFaultKind.Refuse))
            {
                long begins = fault.Since + ActiveFault.Ticks((fault.Spec.AfterSec ?? 0) * 1000);
                long ends = fault.Spec.ForSec is { } seconds ? begins + ActiveFault.Ticks(seconds * 1000) : long.MaxValue;
                next = Math.Min(next, now < begins ? begins : now < ends ? ends : long.MaxValue);
                if (now >= begins && now < ends)
                {
                    _active.Add(fault);
                }
            }

            try
            {
                Set(_active.Count > 0);
            }
            catch (NetLabException fault)
            {
                _isStuck = true;
                next = Math.Min(next, now + s_retry);
                throw new NetLabException(fault.Kind, $"{fault.Message} The proxy tries again twice a second.", fault);
            }
            finally
            {
                Wake(now, next);
            }

            foreach (NetFault fault in _active.Where(fault => !before.Exists(fault.IsSame)))
            {
                fault.Hit();
                _closed(fault);
            }
        }
    }

    private void Set(bool isClosed)
    {
        if (isClosed)
        {
            _server.ClosePort();
        }
        else
        {
            _server.ReopenPort();
            _isStuck = false;
        }
    }

    private void Wake(long now, long next)
    {
        if (next == long.MaxValue)
        {
            return;
        }

        try
        {
            _timer.Change((long)Math.Ceiling(Stopwatch.GetElapsedTime(now, next).TotalMilliseconds), Timeout.Infinite);
        }
        catch (ObjectDisposedException)
        {
            // The proxy was stopped meanwhile.
        }
    }
}
