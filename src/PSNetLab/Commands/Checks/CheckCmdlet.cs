using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Checks;

namespace PSNetLab.Commands;

/// <summary>A cmdlet that checks many things side by side, and emits rows as they are ready.</summary>
public abstract class CheckCmdlet : NetCmdlet
{
    // The checks close their sockets when they are cancelled; a name that is being resolved keeps none.
    private static readonly TimeSpan s_longestEnd = TimeSpan.FromSeconds(1);

    private CancellationTokenSource? _cancellation;
    private CheckRun? _run;
    private TryGate? _gate;
    private bool _areAllGood = true;
    private bool _hasRows;

    /// <param name="timeout">The default of -TimeoutSec.</param>
    private protected CheckCmdlet(TimeSpan timeout) => TimeoutSec = timeout.TotalSeconds;

    /// <summary>How many seconds each check may take.</summary>
    [Parameter]
    [ValidateRange(0.001, SecondsPerDay)]
    [NoFiles]
    public double TimeoutSec { get; set; }

    /// <summary>How many are checked at a time. Default: 256.</summary>
    [Parameter]
    [ValidateRange(1, 65536)]
    [NoFiles]
    public int ThrottleLimit { get; set; } = CheckRun.DefaultThrottle;

    /// <summary>
    /// Emits one Boolean instead of the results: whether everything that was asked for was checked, and is good. False if nothing was.
    /// </summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected TimeSpan CheckTimeout => TimeSpan.FromSeconds(TimeoutSec);

    /// <summary>How many checks run at a time.</summary>
    private protected virtual int MostAtATime => ThrottleLimit;

    /// <summary>Cancelled when the pipeline is being stopped, or when the result is known.</summary>
    private protected CancellationToken CheckToken => _cancellation!.Token;

    /// <summary>The values of the parameters that take pipeline input.</summary>
    private protected abstract object?[] Inputs { get; }

    /// <summary>Whether all that was asked for has been checked, and is good. Nothing at all is not good.</summary>
    private protected virtual bool AreAllGood => _areAllGood && _hasRows;

    /// <summary>What the progress says is going on, such as "Testing ports".</summary>
    private protected abstract string Activity { get; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        _run = new CheckRun(MostAtATime, CheckToken);
        Incoming = new IncomingReplies(this, _run.Rows, count: 0, StopToken);
        if (InputFault is { } fault)
        {
            Fail(fault, null); // in an argument, not in a row of the pipeline
        }
    }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        if (InputFault is { } fault)
        {
            ReportBad(fault, null);
        }
        else
        {
            AddInput();
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        _run!.Complete();
        ShowWaiting(milliseconds => Incoming!.WriteRest(TimeSpan.FromMilliseconds(milliseconds)), Activity, () => $"{_run.Done} done");
        if (_run.Ended.IsFaulted)
        {
            Await(_run.Ended);
        }

        Conclude();
        if (Quiet)
        {
            WriteObject(AreAllGood);
        }
    }

    /// <summary>Adds the checks of the input that is bound now.</summary>
    private protected abstract void AddInput();

    /// <summary>Limits attempts to -ThrottleLimit, where a check has several of them.</summary>
    private protected TryGate NewGate() => _gate = new TryGate(ThrottleLimit);

    /// <summary>How -Count and -IntervalMs repeat a check. While it waits for its time, it is in nobody's way.</summary>
    private protected Repetition Repeat(int count, int intervalMs)
        => new() { Count = count, Interval = TimeSpan.FromMilliseconds(intervalMs), Gate = count > 1 ? NewGate() : null };

    /// <summary>Called when everything is checked.</summary>
    private protected virtual void Conclude()
    {
    }

    /// <summary>Whether a row counts as good for -Quiet.</summary>
    private protected abstract bool IsGood(object row);

    /// <summary>Adds checks, which are made one by one as there is room; writes the rows that are ready.</summary>
    private protected void Add(IEnumerable<ICheck> checks)
    {
        if (!CheckToken.IsCancellationRequested)
        {
            Await(_run!.AddAsync(checks));
            Incoming!.WriteAvailable();
        }
    }

    /// <summary>Ends all checks: the result is known.</summary>
    private protected void EndChecks() => _cancellation!.Cancel();

    /// <summary>Writes an error, after which not all is good.</summary>
    private protected void ReportBad(NetLabException fault, object? target)
    {
        _areAllGood = false;
        Report(fault, target);
    }

    /// <summary>Tells -Quiet that not all is good, and needs no more checks.</summary>
    private protected void EndAsBad()
    {
        _areAllGood = false;
        EndChecks();
    }

    /// <inheritdoc/>
    internal sealed override void WriteIncoming(object reply)
    {
        _hasRows = true;
        Take(reply);
    }

    /// <summary>Emits a row, or judges it for -Quiet.</summary>
    private protected virtual void Take(object row)
    {
        if (!Quiet)
        {
            WriteObject(row);
        }
        else if (!IsGood(row))
        {
            EndAsBad();
        }
    }

    private NetLabException? InputFault => Inputs.Select(InputTransformationAttribute.FaultOf).FirstOrDefault(fault => fault is not null);

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        if (_run is not null)
        {
            _cancellation!.Cancel();
            _run.Complete();
            ((IAsyncResult)_run.Ended).AsyncWaitHandle.WaitOne(s_longestEnd);
            _cancellation.Dispose();
            _gate?.Dispose();
        }

        base.Dispose(disposing);
    }
}
