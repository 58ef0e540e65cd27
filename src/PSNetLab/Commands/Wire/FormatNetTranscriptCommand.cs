using System.Management.Automation;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Display;
using PSNetLab.Engine.Capture.Views;

namespace PSNetLab.Commands;

/// <summary>Shows a transcript: as a timeline, as a dump, as the picture of a lesson, or as a dialogue that can be played.</summary>
[Cmdlet(VerbsCommon.Format, "NetTranscript", SupportsShouldProcess = true, DefaultParameterSetName = TimelineSet)]
[OutputType(typeof(string))]
public sealed class FormatNetTranscriptCommand : NetCmdlet
{
    private const string TimelineSet = "Timeline";
    private const string TextSet = "Text";
    private const string HexSet = "Hex";
    private const string SequenceSet = "Sequence";
    private const string DialogueSet = "Dialogue";

    private readonly DialogueWriter _dialogue = new();
    private Timeline? _timeline;
    private LadderPictures? _pictures;
    private LadderSvg? _image;
    private NewFile? _file;

    /// <summary>The events, as Get-NetTranscript returned them.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    [NoFiles]
    public PSObject[] InputObject { get; set; } = [];

    /// <summary>Shows all bytes as text.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TextSet)]
    public SwitchParameter Text { get; set; }

    /// <summary>Shows all bytes as a dump: where they are, 16 bytes a line, and their ASCII characters.</summary>
    [Parameter(Mandatory = true, ParameterSetName = HexSet)]
    public SwitchParameter Hex { get; set; }

    /// <summary>Draws client and server as two lanes, with an arrow for everything that goes between them.</summary>
    [Parameter(ParameterSetName = SequenceSet)]
    public SwitchParameter Sequence { get; set; }

    /// <summary>Writes the picture of -Sequence to this file, as SVG.</summary>
    [Parameter(ParameterSetName = SequenceSet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Replaces a file that is there. Default: off.</summary>
    [Parameter(ParameterSetName = SequenceSet)]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the lines that were said as a dialogue: C: and S: and the line.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DialogueSet)]
    public SwitchParameter Dialogue { get; set; }

    /// <summary>Where a message ends: shows messages, and what frames them apart from them. Default: bytes as they came.</summary>
    [Parameter(ParameterSetName = TimelineSet)]
    [Parameter(ParameterSetName = TextSet)]
    [FramingTransformation]
    [ArgumentCompleter(typeof(FramingCompleter))]
    public MessageFraming? Framing { get; set; }

    /// <summary>How many columns a line may have. Default: those of the terminal, 80 without one.</summary>
    [Parameter(ParameterSetName = TimelineSet)]
    [Parameter(ParameterSetName = TextSet)]
    [Parameter(ParameterSetName = HexSet)]
    [Parameter(ParameterSetName = SequenceSet)]
    [ValidateRange(Timeline.LeastColumns, 1000)]
    [NoFiles]
    public int Width { get; set; } = Math.Max(View.TerminalWidth(), Timeline.LeastColumns);

    /// <summary>Uses no colors.</summary>
    [Parameter(ParameterSetName = TimelineSet)]
    [Parameter(ParameterSetName = TextSet)]
    [Parameter(ParameterSetName = HexSet)]
    [Parameter(ParameterSetName = SequenceSet)]
    public SwitchParameter NoColor { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        Ink ink = new(!NoColor && View.HasColors(
            SessionState.PSVariable.GetValue("PSStyle") is { } style
                ? PSObject.AsPSObject(style).Properties["OutputRendering"]?.Value
                : null));
        ByteView view = Hex ? ByteView.Hex : Text ? ByteView.Text : ByteView.Auto;
        if (Force && Path is null)
        {
            Fail(
                new NetLabException(
                    FaultKind.InvalidParameters, "-Force replaces the file of -Path. Give the path too, or leave -Force out."),
                null);
        }

        if (Framing?.IsSlow == true)
        {
            Fail(
                new NetLabException(
                    FaultKind.InvalidParameters,
                    "Format-NetTranscript runs no script blocks, so it cannot use -Framing @{ Parse = … }. Choose another framing, "
                        + "or none."),
                Framing);
        }

        _timeline = new Timeline(Width, view, ink, Framing);
        if (Path is not null)
        {
            BeginFile();
            _image = new LadderSvg();
            _pictures = new LadderPictures(_image.Begin, _image.Draw);
        }
        else if (Sequence)
        {
            LadderText text = new(Width - 1, ink);
            _pictures = new LadderPictures(
                first => WriteObject(text.Title(first).Prepend(string.Empty), enumerateCollection: true),
                row => WriteObject(text.Draw(row)));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (PSObject input in InputObject)
        {
            if (TranscriptInput.Read(input) is { } item)
            {
                Show(item);
            }
            else
            {
                Report(TranscriptInput.NoEvent(input, MyInvocation.MyCommand.Name), input);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        _pictures?.End();
        if (Dialogue)
        {
            ShowLast();
        }

        if (_file is not null)
        {
            EndFile(_file);
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

    private void Show(NetTranscriptEvent item)
    {
        try
        {
            if (_pictures is not null)
            {
                _pictures.Add(item);
                return;
            }

            WriteObject(Dialogue ? _dialogue.Take(item) : _timeline!.Lines(item), enumerateCollection: true);
        }
        catch (NetLabException fault)
        {
            Fail(fault, item);
        }
    }

    private void ShowLast()
    {
        try
        {
            WriteObject(_dialogue.End(), enumerateCollection: true);
        }
        catch (NetLabException fault)
        {
            Fail(fault, null);
        }
    }

    private void BeginFile()
    {
        NewFile file = new(GetUnresolvedProviderPathFromPSPath(Path), Force);
        try
        {
            file.ThrowIfThere();
            if (ShouldProcess(file.Path, "Write the picture"))
            {
                _file = file;
                file.Begin();
            }
        }
        catch (NetLabException fault)
        {
            Fail(fault, file.Path);
        }
    }

    private void EndFile(NewFile file)
    {
        try
        {
            file.Do(() => file.Stream.Write(Encoding.UTF8.GetBytes(_image!.ToString())));
            file.End();
        }
        catch (NetLabException fault)
        {
            Fail(fault, file.Path);
        }
    }
}
