using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Engine.Capture.Files;

namespace PSNetLab.Commands;

/// <summary>Reads a transcript from a file of Export-NetTranscript, or from a capture of tcpdump or Wireshark.</summary>
[Cmdlet(VerbsData.Import, "NetTranscript")]
[OutputType(typeof(NetTranscriptEvent))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class ImportNetTranscriptCommand : NetCmdlet
{
    /// <summary>The file: .jsonl or .pcapng of Export-NetTranscript, or a capture (pcapng or pcap). Its content tells the format.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            List<string> remarks = [];
            try
            {
                foreach (NetTranscriptEvent item in TranscriptFile.Read(GetUnresolvedProviderPathFromPSPath(path), remarks, StopToken))
                {
                    WriteObject(item);
                }
            }
            catch (OperationCanceledException)
            {
                throw new PipelineStoppedException();
            }
            catch (NetLabException fault)
            {
                Report(fault, path);
            }
            catch (IOException error)
            {
                Report(new NetLabException(FaultKind.FileUnreadable, $"The file {path} cannot be read: {error.Message}", error), path);
            }

            remarks.ForEach(WriteWarning);
        }
    }
}
