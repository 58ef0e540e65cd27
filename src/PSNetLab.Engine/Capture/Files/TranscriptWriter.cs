namespace PSNetLab.Engine.Capture.Files;

/// <summary>Writes a transcript to a file, event by event.</summary>
internal abstract class TranscriptWriter
{
    /// <summary>What is left out, once it is finished.</summary>
    internal virtual IReadOnlyList<string> Remarks => [];

    /// <summary>Writes an event. Those of a conversation come in their order.</summary>
    /// <exception cref="NetLabException">The format cannot express it.</exception>
    internal abstract void Write(NetTranscriptEvent item);

    /// <summary>Writes the rest, after the last event. It does not close the stream.</summary>
    internal abstract void Finish();
}
