using System.Management.Automation;

namespace PSNetLab.Commands;

/// <summary>Tests the certificates and the TLS of servers.</summary>
[Cmdlet(VerbsDiagnostic.Test, "TlsEndpoint", DefaultParameterSetName = HostSet)]
[OutputType(typeof(TlsEndpointResult), typeof(bool))]
public sealed class TestTlsEndpointCommand : TlsCheckCmdlet
{
    /// <summary>Does not ask which versions of TLS the server speaks, unless the handshake fails.</summary>
    [Parameter]
    public SwitchParameter SkipVersionScan { get; set; }

    private protected override string Activity => "Testing TLS";

    private protected override bool SkipsVersions => SkipVersionScan;

    private protected override bool IsGood(object row) => ((TlsEndpointResult)row).Status == TlsEndpointStatus.Ok;
}
