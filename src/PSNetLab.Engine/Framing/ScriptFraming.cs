using System.Net;

namespace PSNetLab.Engine.Framing;

/// <summary>
/// A script of the user says where a message ends. That takes time, so it is asked apart from <see cref="TryRead"/>, which then finds what
/// it said.
/// </summary>
/// <param name="script">The script, as whoever reads -Framing made it.</param>
/// <param name="scripts">What runs it; null before there is a server or a connection for it.</param>
internal sealed class ScriptFraming(object script, IFramingScripts? scripts = null) : MessageFraming("Script")
{
    /// <summary>The most that a message may have besides its content.</summary>
    internal const int MostOtherBytes = 65535;

    internal object Script => script;

    /// <summary>What runs the script.</summary>
    internal IFramingScripts Scripts => scripts ?? throw new InvalidOperationException("Nothing runs this script yet.");

    internal override bool IsSlow => true;

    internal override FrameStatus TryRead(Span<byte> buffer, int limit, ref FrameProgress progress, out Frame frame)
    {
        frame = default;
        if (IsUndecided(buffer.Length, progress))
        {
            return FrameStatus.Undecided;
        }

        FrameVerdict verdict = progress.Verdict!;
        if (verdict.Length == 0)
        {
            long needs = Math.Max(verdict.Seen, verdict.Needs);
            frame = new Frame(0, needs, 0);
            return needs > (long)limit + MostOtherBytes ? FrameStatus.TooLong : FrameStatus.Incomplete;
        }

        verdict.Content?.CopyTo(buffer);
        frame = new Frame(verdict.Offset, verdict.Count, verdict.Length);
        return verdict.Count > limit ? FrameStatus.TooLong : FrameStatus.Complete;
    }

    /// <summary>Whether the script must be asked before <see cref="TryRead"/> can find anything.</summary>
    internal static bool IsUndecided(int pending, FrameProgress progress)
        => progress.Verdict is not { } verdict || (verdict.Length == 0 && pending > verdict.Seen && pending >= verdict.Needs);

    /// <summary>Only what is known to be content: whatever else there is may be its header.</summary>
    internal override ReadOnlySpan<byte> Rest(Span<byte> buffer, FrameProgress progress)
        => progress.Verdict is { } verdict && verdict.Offset < buffer.Length ? buffer[verdict.Offset..] : default;

    internal override ValueTask<byte[]> PrepareAsync(byte[] payload, EndPoint peer, CancellationToken cancellationToken)
        => Scripts.FormatAsync(payload, peer, cancellationToken);

    internal override int EncodedLength(ReadOnlySpan<byte> payload) => payload.Length;

    internal override void Encode(ReadOnlySpan<byte> payload, Span<byte> destination) => payload.CopyTo(destination);
}
