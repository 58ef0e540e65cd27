namespace PSNetLab;

/// <summary>What goes wrong with an answer on purpose, as the client sees it.</summary>
public enum HttpFault
{
    /// <summary>The connection is reset (RST), before the answer or within it.</summary>
    Reset,

    /// <summary>The connection ends without a byte.</summary>
    Empty,

    /// <summary>The connection ends before as many bytes of the body as were announced.</summary>
    Truncate,

    /// <summary>The body is in chunks, one of which has a size that is no number.</summary>
    ChunkError,

    /// <summary>Random bytes instead of an answer; then the connection ends.</summary>
    Garbage,

    /// <summary>The head and a part of the body, and then nothing, until the client leaves.</summary>
    Stall,

    /// <summary>The body comes very slowly.</summary>
    SlowBody,

    /// <summary>The status line is not one.</summary>
    BadStatusLine,

    /// <summary>The announced length is less than that of the body.</summary>
    WrongLength,
}
