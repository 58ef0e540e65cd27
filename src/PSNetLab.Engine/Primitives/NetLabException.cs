using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>An error with a stable name and a text that says what happened and what to do.</summary>
/// <remarks>Whatever of it a peer chose, it commands no terminal.</remarks>
public sealed class NetLabException : IOException
{
    internal NetLabException(FaultKind kind, string message, Exception? inner = null)
        : base(PeerText.Lines(message), inner)
        => Kind = kind;

    /// <summary>The target of the error record, if it is not the endpoint: a name, a path or a value.</summary>
    internal object? Subject { get; init; }

    /// <summary>The stable name of the fault; it is also the id of the error record.</summary>
    public FaultKind Kind { get; }
}
