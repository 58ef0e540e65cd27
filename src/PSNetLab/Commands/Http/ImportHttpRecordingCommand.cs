using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Http.Recordings;

namespace PSNetLab.Commands;

/// <summary>Reads a recording as routes for a web server.</summary>
[Cmdlet(VerbsData.Import, "HttpRecording")]
[OutputType(typeof(HttpRoute))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class ImportHttpRecordingCommand : NetCmdlet
{
    /// <summary>The file: a recording of this module, an HTTP Archive (HAR), or stub mappings of WireMock.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>What follows the last recorded answer to a request. Default: Last, which gives it again.</summary>
    [Parameter]
    public RouteEnd AtEnd { get; set; } = RouteEnd.Last;

    /// <summary>Lets answers take as long as they took. Default: off.</summary>
    [Parameter]
    public SwitchParameter KeepLatency { get; set; }

    /// <summary>More names whose values are secrets, and may be anything. Default: none besides the usual ones.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string[] RedactName { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        ReplayOptions options = new(AtEnd, KeepLatency) { Redactor = new Redactor(RedactName) };
        foreach (string path in Path)
        {
            try
            {
                string full = GetUnresolvedProviderPathFromPSPath(path);
                WriteObject(Read(() => RecordedRoutes.Load(full, options)), enumerateCollection: true);
            }
            catch (NetLabException fault)
            {
                Report(fault, path);
            }
        }
    }
}
