using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace PSNetLab.Engine.Capture.Replay;

/// <summary>Compares the bytes of a peer with those that were recorded. How TCP slices them does not matter.</summary>
internal abstract class ReplayComparison
{
    /// <summary>How many bytes have come.</summary>
    internal long Received { get; private protected set; }

    internal static ReplayComparison Of(ReplayScript script, IReadOnlyList<Regex> ignored)
        => ignored.Count == 0 ? new ExactComparison(script) : new MaskedComparison(script, ignored);

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

/// <summary>Compares all but what expressions match, in which the two may differ, also in length.</summary>
internal sealed class MaskedComparison : ReplayComparison
{
    // Nothing that bytes become.
    private const char Mask = '\u2026';

    // What changes its length does so by little; a peer that goes on beyond this has long differed.
    private const int Allowance = 1024 * 1024;

    private readonly ReplayScript _script;
    private readonly IReadOnlyList<Regex> _ignored;
    private readonly ArrayBufferWriter<byte> _got = new();
    private readonly byte[] _expected;
    private readonly long _most;
    private readonly (string Text, int[] Places) _masked;

    internal MaskedComparison(ReplayScript script, IReadOnlyList<Regex> ignored)
    {
        _script = script;
        _ignored = ignored;
        _expected = [.. script.Expected.SelectMany(bytes => bytes)];
        _most = (2L * _expected.Length) + Allowance;
        _masked = MaskOut(_expected);
    }

    /// <inheritdoc/>
    internal override void Add(ReadOnlySpan<byte> data)
    {
        Received += data.Length;
        lock (_got)
        {
            _got.Write(data[..(int)Math.Min(data.Length, Math.Max(0, _most - _got.WrittenCount))]);
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

        int expected = _masked.Places.AsSpan().BinarySearch((int)recorded) is var index && index < 0 ? ~index : index;
        return MaskOut(Got()).Text.Length >= Math.Min(expected, _masked.Text.Length);
    }

    /// <inheritdoc/>
    internal override NetReplayDifference? Finish()
    {
        byte[] got = Got();
        (string text, int[] places) = MaskOut(got);
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

    private static byte[] Part(byte[] bytes, int offset)
        => bytes.AsSpan(offset, Math.Min(bytes.Length - offset, NetReplayDifference.MostBytes)).ToArray();

    private byte[] Got()
    {
        lock (_got)
        {
            return _got.WrittenSpan.ToArray();
        }
    }

    /// <summary>The bytes as characters of the same value, each match as one mask, and the place of each character.</summary>
    private (string Text, int[] Places) MaskOut(byte[] bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        bool[] isIgnored = new bool[text.Length];
        foreach (Regex pattern in _ignored)
        {
            foreach (Match match in pattern.Matches(text).Where(match => match.Length > 0))
            {
                isIgnored.AsSpan(match.Index, match.Length).Fill(true);
            }
        }

        StringBuilder masked = new(text.Length);
        List<int> places = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (!isIgnored[i] || i == 0 || !isIgnored[i - 1])
            {
                masked.Append(isIgnored[i] ? Mask : text[i]);
                places.Add(i);
            }
        }

        return (masked.ToString(), [.. places]);
    }
}
