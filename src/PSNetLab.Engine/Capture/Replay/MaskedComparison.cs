using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Replay;

/// <summary>Compares all but what expressions match, in which the two may differ, also in length.</summary>
internal sealed class MaskedComparison : ReplayComparison
{
    // Nothing that bytes become.
    private const char Mask = '\u2026';

    // What changes its length does so by little; a peer that goes on beyond this has long differed.
    private const int Allowance = 1024 * 1024;

    private readonly ReplayScript _script;
    private readonly IReadOnlyList<Regex> _ignored;
    private readonly ArrayBufferWriter<char> _got = new();
    private readonly string _expected;
    private readonly long _most;
    private readonly (string Text, int[] Places) _masked;

    // What was reached: so many masked characters, which end there. Only what follows is looked at again.
    private (int Count, int Place) _reached;

    // How much had come when a look found too little of it.
    private int _looked;

    internal MaskedComparison(ReplayScript script, IReadOnlyList<Regex> ignored)
    {
        _script = script;
        _ignored = ignored;
        _expected = string.Concat(script.Expected.Select(bytes => Encoding.Latin1.GetString(bytes)));
        _most = (2L * _expected.Length) + Allowance;
        _masked = MaskOut(_expected, 0);
    }

    /// <inheritdoc/>
    internal override void Add(ReadOnlySpan<byte> data)
    {
        Received += data.Length;
        lock (_got)
        {
            ReadOnlySpan<byte> kept = data[..(int)Math.Min(data.Length, Math.Max(0, _most - _got.WrittenCount))];
            Encoding.Latin1.GetChars(kept, _got.GetSpan(kept.Length));
            _got.Advance(kept.Length);
        }
    }

    /// <inheritdoc/>
    internal override bool Reaches(long recorded, bool isQuiet)
    {
        if (Received >= _most)
        {
            // What comes beyond is not kept, so waiting for it would not end.
            return true;
        }

        if (recorded == 0 || (Received < recorded && !isQuiet))
        {
            return recorded == 0;
        }

        if (recorded > _expected.Length)
        {
            // Beyond a gap there is nothing to compare with.
            return Received >= recorded;
        }

        ReadOnlySpan<char> got = Got();
        if (got.Length == _looked)
        {
            return false;
        }

        int index = _masked.Places.AsSpan().BinarySearch((int)recorded) is var found && found < 0 ? ~found : found;
        int wanted = Math.Min(index, _masked.Text.Length);
        (string text, int[] places) = MaskOut(got, _reached.Place);
        int more = wanted - _reached.Count;
        if (text.Length < more)
        {
            _looked = got.Length;
            return false;
        }

        // A match at the end may grow with what is still to come.
        more -= more > 0 && text[more - 1] == Mask ? 1 : 0;
        _reached = (_reached.Count + more, more < places.Length ? places[more] : got.Length);
        return true;
    }

    /// <inheritdoc/>
    internal override NetReplayDifference? Finish()
    {
        ReadOnlySpan<char> got = Got();
        (string text, int[] places) = MaskOut(got, 0);
        string expected = _masked.Text;
        int same = expected.AsSpan().CommonPrefixLength(text);
        if (same == expected.Length && (same == text.Length || _script.HasGap))
        {
            return null;
        }

        int offset = same < expected.Length ? _masked.Places[same] : _expected.Length;
        int gotOffset = same < text.Length ? places[same] : got.Length;
        return new NetReplayDifference
        {
            Direction = 1 - _script.Direction,
            Offset = offset,
            ExpectedBytes = Part(_expected, offset),
            GotBytes = Part(got, gotOffset),
        };
    }

    private static byte[] Part(ReadOnlySpan<char> text, int offset)
    {
        ReadOnlySpan<char> part = text.Slice(offset, Math.Min(text.Length - offset, NetReplayDifference.MostBytes));
        byte[] bytes = new byte[part.Length];
        Encoding.Latin1.GetBytes(part, bytes);
        return bytes;
    }

    /// <summary>What has come. More that comes is written behind it, or into another array.</summary>
    private ReadOnlySpan<char> Got()
    {
        lock (_got)
        {
            return _got.WrittenSpan;
        }
    }

    /// <summary>The text from a place on, each match as one mask, and the place of each character.</summary>
    private (string Text, int[] Places) MaskOut(ReadOnlySpan<char> text, int from)
    {
        LoopThread.AssertLeft();
        bool[] isIgnored = new bool[text.Length - from];
        foreach (Regex pattern in _ignored)
        {
            // Before that place, they may look for what must be there.
            foreach (ValueMatch match in pattern.EnumerateMatches(text, pattern.RightToLeft ? text.Length : from))
            {
                int start = Math.Max(match.Index, from);
                isIgnored.AsSpan(start - from, Math.Max(match.Index + match.Length - start, 0)).Fill(true);
            }
        }

        StringBuilder masked = new(isIgnored.Length);
        List<int> places = new(isIgnored.Length);
        for (int i = 0; i < isIgnored.Length; i++)
        {
            if (!isIgnored[i] || i == 0 || !isIgnored[i - 1])
            {
                masked.Append(isIgnored[i] ? Mask : text[from + i]);
                places.Add(from + i);
            }
        }

        return (masked.ToString(), [.. places]);
    }
}
