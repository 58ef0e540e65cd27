using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Capture.Files;
using PSNetLab.Engine.Http.Recordings;

namespace PSNetLab.Commands;

/// <summary>Writes a transcript to a file: as a capture for Wireshark, as JSON Lines, as an HTTP Archive, or as text.</summary>
[Cmdlet(VerbsData.Export, "NetTranscript", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class ExportNetTranscriptCommand : NetCmdlet
{
    private const string Archive = ".har";

    private static readonly Dictionary<string, Func<Stream, Redactor, TranscriptWriter>> s_formats = new(StringComparer.OrdinalIgnoreCase)
    {
        [".pcapng"] = (stream, _) => new PcapngWriter(stream),
        [".jsonl"] = (stream, _) => new JsonLinesWriter(stream),
        [Archive] = (stream, redactor) => new TranscriptHarWriter(stream, redactor),
        [".txt"] = (stream, _) => new PlainTextWriter(stream),
    };

    private NewFile? _file;
    private TranscriptWriter? _writer;

    /// <summary>The file to write: .pcapng, .jsonl, .har or .txt.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>The events, as Get-NetTranscript or Import-NetTranscript return them.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    [NoFiles]
    public PSObject[] InputObject { get; set; } = [];

    /// <summary>More names whose values are secrets, and are not written to .har. Default: none besides the usual ones.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string[] RedactName { get; set; } = [];

    /// <summary>Replaces a file that is there. Default: off.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Returns the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        NewFile file = new(GetUnresolvedProviderPathFromPSPath(Path), Force);
        string extension = System.IO.Path.GetExtension(file.Path);
        Guarded(file.Path, () =>
        {
            if (!s_formats.TryGetValue(extension, out Func<Stream, Redactor, TranscriptWriter>? format))
            {
                throw new NetLabException(
                    FaultKind.InvalidParameters,
                    $"The extension of -Path chooses the format: {string.Join(", ", s_formats.Keys)}. "
                        + (extension.Length > 0 ? $"{extension} is not one of them." : "This path has none."));
            }

            if (RedactName.Length > 0 && !extension.Equals(Archive, StringComparison.OrdinalIgnoreCase))
            {
                throw new NetLabException(
                    FaultKind.InvalidParameters,
                    $"Secrets are only taken out of HTTP, so -RedactName is for files with the extension {Archive}. Leave it out, or write "
                        + "such a file.");
            }

            file.ThrowIfThere();
            if (ShouldProcess(file.Path, "Write the transcript"))
            {
                _file = file;
                file.Begin();
                _writer = format(file.Stream, new Redactor(RedactName));
            }
        });
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (PSObject input in InputObject)
        {
            if (TranscriptInput.Read(input) is not { } item)
            {
                Report(TranscriptInput.NoEvent(input, MyInvocation.MyCommand.Name), input);
            }
            else if (_file is { } file)
            {
                Guarded(file.Path, () => file.Do(() => _writer!.Write(item)));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_file is not { } file)
        {
            return;
        }

        Guarded(file.Path, () =>
        {
            file.Do(_writer!.Finish);
            file.End();
        });
        foreach (string remark in _writer!.Remarks)
        {
            WriteWarning(remark);
        }

        if (PassThru)
        {
            WriteObject(new FileInfo(file.Path));
        }
    }

    /// <inheritdoc/>
    private protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Does something; what goes wrong makes the whole file void.</summary>
    private void Guarded(string path, Action action)
    {
        try
        {
            action();
        }
        catch (NetLabException fault)
        {
            Fail(fault, path);
        }
    }
}
