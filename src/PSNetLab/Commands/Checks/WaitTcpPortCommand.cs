using System.Management.Automation;
using System.Text.RegularExpressions;
using PSNetLab.Binding;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Commands;

/// <summary>Waits until TCP ports accept connections, or no longer do.</summary>
[Cmdlet(VerbsLifecycle.Wait, "TcpPort")]
[OutputType(typeof(TcpPortResult), typeof(bool))]
public sealed class WaitTcpPortCommand : HostCheckCmdlet
{
    private readonly List<TcpPortWaitOutcome> _failed = [];
    private TcpPortWaitOptions? _options;
    private bool _hasAny;

    /// <summary>-TimeoutSec: how long to wait for each port. Default: 30.</summary>
    public WaitTcpPortCommand()
        : base(TcpPortWaitOptions.DefaultTimeout)
    {
    }

    /// <summary>The state to wait for: Open or Closed. Default: Open.</summary>
    [Parameter]
    public TcpPortState State { get; set; }

    /// <summary>Waits for one of the ports only. Default: for all of them.</summary>
    [Parameter]
    public SwitchParameter Any { get; set; }

    /// <summary>How many milliseconds the port must be in the state without a break. Default: 0.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int StableMs { get; set; }

    /// <summary>A regular expression that the first text of the service must match.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public Regex? Banner { get; set; }

    /// <summary>Emits the test that found a port in the state.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string Activity => $"Waiting for {(State == TcpPortState.Open ? "open" : "closed")} ports";

    /// <summary>All of them: -ThrottleLimit is for the attempts, which are short.</summary>
    private protected override int MostAtATime => int.MaxValue;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Banner is not null && State == TcpPortState.Closed)
        {
            Fail(new NetLabException(FaultKind.InvalidParameters, "-Banner is for open ports only. Leave out -State Closed."), null);
        }

        Regex? banner = Banner is null ? null : Patterns.WithLimit(Banner);
        _options = new TcpPortWaitOptions
        {
            Probe = new TcpProbe
                {
                    Settle = TcpPortWaitOptions.Settle,
                    SharesTime = true,
                    Banner = Banner is not null,
                    IsBannerComplete = banner is null ? null : text => Patterns.IsMatch(banner, text),
                },
            Timeout = CheckTimeout,
            State = State,
            Stable = TimeSpan.FromMilliseconds(StableMs),
            Banner = banner,
            Gate = NewGate(),
        };
    }

    private protected override bool AreAllGood => Any ? _hasAny : base.AreAllGood;

    private protected override bool IsGood(object row) => ((TcpPortWaitOutcome)row).Fault is null;

    private protected override ICheck NewCheck(CheckedName name, int port) => new TcpPortWait(_options!, name, port);

    private protected override void Take(object row)
    {
        TcpPortWaitOutcome outcome = (TcpPortWaitOutcome)row;
        if (_hasAny)
        {
            return;
        }

        if (outcome.Fault is null)
        {
            _hasAny = Any;
            if (Any)
            {
                EndChecks();
            }

            if (PassThru && !Quiet)
            {
                WriteObject(outcome.Found);
            }
        }
        else if (Any)
        {
            _failed.Add(outcome);
        }
        else
        {
            Tell(outcome);
        }
    }

    /// <inheritdoc/>
    private protected override void Conclude()
    {
        if (!_hasAny)
        {
            _failed.ForEach(Tell);
        }
    }

    private void Tell(TcpPortWaitOutcome outcome)
    {
        if (Quiet)
        {
            EndAsBad();
        }
        else
        {
            ReportBad(outcome.Fault!, outcome.Target);
        }
    }
}
