using System.Diagnostics;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Proxies;

/// <summary>Closes the port of a proxy while a fault says so, and opens it again.</summary>
internal sealed class PortFaults : IDisposable
{
    private readonly FaultTable _faults;
    private readonly StreamServer _server;
    private readonly Timer _timer;

    // Also the lock.
    private readonly HashSet<NetFault> _closing = [];

    internal PortFaults(FaultTable faults, StreamServer server)
    {
        _faults = faults;
        _server = server;
        _timer = new Timer(static self => ((PortFaults)self!).Update(), this, Timeout.Infinite, Timeout.Infinite);
        faults.Changed = Update;
        Update();
    }

    public void Dispose()
    {
        _faults.Changed = null;
        _timer.Dispose();
    }

    private void Update()
    {
        lock (_closing)
        {
            long now = Stopwatch.GetTimestamp();
            long next = long.MaxValue;
            bool isClosed = false;
            foreach (NetFault fault in _faults.Faults.Where(fault => fault.Kind == NetFaultKind.Refuse))
            {
                long begins = fault.Since + ActiveFault.Ticks((fault.AfterSec ?? 0) * 1000);
                long ends = fault.ForSec is { } seconds ? begins + ActiveFault.Ticks(seconds * 1000) : long.MaxValue;
                bool isActive = now >= begins && now < ends;
                isClosed |= isActive;
                next = Math.Min(next, now < begins ? begins : now < ends ? ends : long.MaxValue);
                if (isActive && !_closing.Any(fault.IsSame))
                {
                    _closing.Add(fault);
                    fault.Hit();
                }
            }

            Set(isClosed);
            if (next != long.MaxValue)
            {
                TimeSpan wait = Stopwatch.GetElapsedTime(now, next);
                try
                {
                    _timer.Change((long)Math.Ceiling(wait.TotalMilliseconds), Timeout.Infinite);
                }
                catch (ObjectDisposedException)
                {
                    // The proxy was stopped meanwhile.
                }
            }
        }
    }

    private void Set(bool isClosed)
    {
        if (isClosed)
        {
            _server.ClosePort();
            return;
        }

        try
        {
            _server.ReopenPort();
        }
        catch (NetLabException fault)
        {
            _server.Report(fault, _server.LocalEndPoint);
        }
    }
}
