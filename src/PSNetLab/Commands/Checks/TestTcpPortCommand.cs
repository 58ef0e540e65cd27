using System.Management.Automation;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Commands;

/// <summary>Tests whether TCP ports accept connections.</summary>
[Cmdlet(VerbsDiagnostic.Test, "TcpPort")]
[OutputType(typeof(TcpPortResult), typeof(bool))]
public sealed class TestTcpPortCommand : HostCheckCmdlet
{
    private TcpPortCheckOptions? _options;

    /// <summary>-TimeoutSec: for connecting, and then for the banner; the name has as long to be resolved. Default: 3.</summary>
    public TestTcpPortCommand()
        : base(TcpProbe.DefaultTimeout)
    {
    }

    /// <summary>Tries every address of a name and emits a result for each. Default: the first address that accepts decides.</summary>
    [Parameter]
    public SwitchParameter AllAddresses { get; set; }

    /// <summary>The family of the addresses to try: Any, IPv4 or IPv6. Default: Any.</summary>
    [Parameter]
    public IPFamily AddressFamily { get; set; }

    /// <summary>Waits for the first text of the service, and returns it as Banner.</summary>
    [Parameter]
    public SwitchParameter Banner { get; set; }

    /// <summary>A text or bytes to send first. Implies -Banner.</summary>
    [Parameter]
    [ValidateNotNull]
    [NoFiles]
    public object? Send { get; set; }

    /// <summary>The encoding of -Send and of the banner. Default: UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = TextEncoding.Default;

    /// <summary>How often to test each port. Default: 1.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public int Count { get; set; } = 1;

    /// <summary>How many milliseconds are between the beginnings of two tests of a port. Default: 1000.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [NoFiles]
    public int IntervalMs { get; set; } = 1000;

    private protected override IPFamily Family => AddressFamily;

    /// <summary>All of them if each is repeated: then -ThrottleLimit is for the attempts.</summary>
    private protected override int MostAtATime => Count > 1 ? int.MaxValue : ThrottleLimit;

    private protected override string Activity => "Testing ports";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _options = new TcpPortCheckOptions
        {
            Probe = new TcpProbe
            {
                Banner = Banner,
                Send = Send is null ? null : [.. Payload.FromArgument(Send, Encoding).SelectMany(part => part)],
                Encoding = Encoding,
            },
            Timeout = CheckTimeout,
            AllAddresses = AllAddresses,
            Repetition = Repeat(Count, IntervalMs),
        };
    }

    private protected override bool IsGood(object row) => ((TcpPortResult)row).Open;

    private protected override ICheck NewCheck(CheckedName name, int port) => new TcpPortCheck(_options!, name, port);
}
