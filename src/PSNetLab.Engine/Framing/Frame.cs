namespace PSNetLab.Engine.Framing;

/// <summary>The result of looking for a frame at the start of a buffer.</summary>
internal enum FrameStatus
{
    Incomplete,
    Complete,
    TooLong,

    /// <summary>The bytes cannot be the start of a frame: <see cref="MessageFraming.Complaint"/> says why.</summary>
    Malformed,

    /// <summary>The framing has to be asked first, which takes time: FrameReader.DecideAsync.</summary>
    Undecided,
}

/// <summary>A frame inside a buffer: its payload, and how many bytes it takes with its header or delimiter.</summary>
internal readonly record struct Frame(int Start, long Length, int Consumed);
