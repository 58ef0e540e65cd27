using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Capture;

namespace PSNetLab.Commands;

/// <summary>The parameters of every cmdlet that can record what it sends and receives.</summary>
public abstract class TranscriptCmdlet : NetCmdlet
{
    /// <summary>The least that holds a few lines.</summary>
    private protected const int LeastTranscriptBytes = 4096;

    /// <summary>Records what is sent and received, with times, for Get-NetTranscript. TLS is taken off, so it is in the clear.</summary>
    [Parameter]
    public virtual SwitchParameter Transcript { get; set; }

    /// <summary>
    /// How many bytes of memory the transcript may take; beyond that, what is oldest goes first. Default: 16MB. Implies -Transcript.
    /// </summary>
    [Parameter]
    [ValidateRange(LeastTranscriptBytes, int.MaxValue)]
    [NoFiles]
    public virtual int TranscriptBytes { get; set; } = Engine.Capture.Transcript.DefaultLimitBytes;

    /// <summary>Where to record; null if nothing is to be recorded.</summary>
    private protected Transcript? NewTranscript()
        => Transcript || MyInvocation.BoundParameters.ContainsKey(nameof(TranscriptBytes)) ? new Transcript(TranscriptBytes) : null;
}
