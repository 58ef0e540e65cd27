using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>Where the bytes of a peer first differ from those that were recorded.</summary>
public sealed class NetReplayDifference
{
    /// <summary>How many bytes <see cref="Expected"/> and <see cref="Got"/> have at most.</summary>
    internal const int MostBytes = 32;

    internal NetReplayDifference()
    {
    }

    /// <summary>Which side's bytes: ToClient for those of a server.</summary>
    public NetTranscriptDirection Direction { get; internal init; }

    /// <summary>The place in the recorded bytes of that side, from 0.</summary>
    public long Offset { get; internal init; }

    /// <summary>The recorded bytes from there on, at most 32; none if the peer sent more than was recorded.</summary>
    public object Expected => FileValue.With(ExpectedBytes);

    /// <summary>What came instead, at most 32 bytes; none if the peer sent less.</summary>
    public object Got => FileValue.With(GotBytes);

    /// <summary><see cref="Expected"/> as text.</summary>
    public string ExpectedText => Shown(ExpectedBytes);

    /// <summary><see cref="Got"/> as text.</summary>
    public string GotText => Shown(GotBytes);

    internal byte[] ExpectedBytes { get; init; } = [];

    internal byte[] GotBytes { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"at byte {Offset}: expected '{ExpectedText}', got '{GotText}'";

    private static string Shown(byte[] bytes) => PeerText.Visible(Encoding.UTF8.GetString(bytes));
}
