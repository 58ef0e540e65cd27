using System.Text.RegularExpressions;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Replay;

/// <summary>Compares the bytes of a peer with those that were recorded. How TCP slices them does not matter.</summary>
internal abstract class ReplayComparison
{
    /// <summary>Why a replay ends early.</summary>
    internal const string TookTooLong = "An expression of -Ignore took too long.";

    /// <summary>How many bytes have come.</summary>
    internal long Received { get; private protected set; }

    /// <summary>Prepares a comparison. Expressions see all that was recorded, which may take a while.</summary>
    /// <param name="script">What was recorded.</param>
    /// <param name="ignored">What may differ.</param>
    /// <exception cref="NetLabException">An expression takes too long.</exception>
    internal static ReplayComparison Of(ReplayScript script, IReadOnlyList<Regex> ignored)
    {
        try
        {
            return ignored.Count == 0 ? new ExactComparison(script) : new MaskedComparison(script, ignored);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new NetLabException(
                FaultKind.InvalidParameters,
                $"The expression '{error.Pattern}' of -Ignore took longer than {TimeText.Seconds(error.MatchTimeout)} on what was "
                    + "recorded. Write it so that it does not try the same text in many ways, as (a+)+ does.",
                error);
        }
    }

    /// <summary>Takes what has come. It does not keep the buffer.</summary>
    internal abstract void Add(ReadOnlySpan<byte> data);

    /// <summary>Whether as much has come as so many recorded bytes.</summary>
    /// <param name="recorded">The number of recorded bytes.</param>
    /// <param name="isQuiet">Whether nothing has come for a while, so that it is worth a closer look.</param>
    internal abstract bool Reaches(long recorded, bool isQuiet);

    /// <summary>The first difference; null if there is none.</summary>
    internal abstract NetReplayDifference? Finish();
}

/// <summary>Compares byte by byte, and keeps only what it shows.</summary>
internal sealed class ExactComparison(ReplayScript script) : ReplayComparison
{
    private readonly List<byte> _got = [];
    private int _part;
    private int _place;
    private long _same;
    private bool _differs;

    /// <inheritdoc/>
    internal override void Add(ReadOnlySpan<byte> data)
    {
        Received += data.Length;
        while (!_differs && !data.IsEmpty)
        {
            if (_part == script.Expected.Count)
            {
                // After a gap in the transcript, nobody knows what is right.
                _differs = !script.HasGap;
                break;
            }

            ReadOnlySpan<byte> expected = script.Expected[_part].AsSpan(_place);
            int count = Math.Min(expected.Length, data.Length);
            int same = expected[..count].CommonPrefixLength(data);
            _same += same;
            _place += same;
            data = data[same..];
            _differs = same < count;
            if (_place == script.Expected[_part].Length)
            {
                _part++;
                _place = 0;
            }
        }

        if (_differs && _got.Count < NetReplayDifference.MostBytes)
        {
            _got.AddRange(data[..Math.Min(data.Length, NetReplayDifference.MostBytes - _got.Count)]);
        }
    }

    /// <inheritdoc/>
    internal override bool Reaches(long recorded, bool isQuiet) => Received >= recorded;

    /// <inheritdoc/>
    internal override NetReplayDifference? Finish()
    {
        if (!_differs && _same == script.Comparable)
        {
            return null;
        }

        List<byte> expected = [];
        for (int part = _part, place = _place; part < script.Expected.Count && expected.Count < NetReplayDifference.MostBytes; part++)
        {
            byte[] bytes = script.Expected[part];
            expected.AddRange(bytes.AsSpan(place, Math.Min(bytes.Length - place, NetReplayDifference.MostBytes - expected.Count)));
            place = 0;
        }

        return new NetReplayDifference
        {
            Direction = 1 - script.Direction,
            Offset = _same,
            ExpectedBytes = [.. expected],
            GotBytes = [.. _got],
        };
    }
}
