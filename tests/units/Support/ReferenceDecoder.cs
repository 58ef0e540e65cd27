using System.Globalization;
using System.Numerics;

namespace PSNetLab.Engine.Tests;

/// <summary>Cuts a whole stream in the plainest way there is, to compare with.</summary>
internal sealed class ReferenceDecoder
{
    private readonly byte[] _stream;
    private int _headerBytes;

    private ReferenceDecoder(byte[] stream) => _stream = stream;

    internal List<byte[]> Frames { get; } = [];

    /// <summary>Where each frame ends in the stream, header and delimiter included.</summary>
    internal List<int> Ends { get; } = [];

    internal byte[] Rest => _stream[End..];

    /// <summary>What of it belongs to a message that has begun: all but its header.</summary>
    internal byte[] TornMessage => Rest[Math.Min(_headerBytes, Rest.Length)..];

    private int End => Ends.Count == 0 ? 0 : Ends[^1];

    internal static ReferenceDecoder Decode(string framing, byte[] stream)
    {
        ReferenceDecoder decoder = new(stream);
        string[] parts = framing.Split(':');
        switch (parts[0])
        {
            case "Line":
                decoder.Delimited([(byte)'\n'], trimCarriageReturn: true);
                break;
            case "Null":
                decoder.Delimited([0], trimCarriageReturn: false);
                break;
            case "Delimiter":
                decoder.Delimited(Convert.FromHexString(parts[1]), trimCarriageReturn: false);
                break;
            case "Fixed":
                decoder.Fixed(int.Parse(parts[1], CultureInfo.InvariantCulture));
                break;
            default:
                bool littleEndian = parts[0].EndsWith("LE", StringComparison.Ordinal);
                int bits = int.Parse(parts[0].AsSpan("Length".Length).TrimEnd("LE"), CultureInfo.InvariantCulture);
                decoder.LengthPrefixed(bits / 8, littleEndian);
                break;
        }

        return decoder;
    }

    private void Delimited(byte[] delimiter, bool trimCarriageReturn)
    {
        for (int end = delimiter.Length; end <= _stream.Length; end++)
        {
            int payloadEnd = end - delimiter.Length;
            if (payloadEnd >= End && _stream.AsSpan(payloadEnd, delimiter.Length).SequenceEqual(delimiter))
            {
                bool hasReturn = trimCarriageReturn && payloadEnd > End && _stream[payloadEnd - 1] == '\r';
                Add(End, hasReturn ? payloadEnd - 1 : payloadEnd, end);
            }
        }
    }

    private void Fixed(int length)
    {
        while (_stream.Length - End >= length)
        {
            Add(End, End + length, End + length);
        }
    }

    private void LengthPrefixed(int headerBytes, bool littleEndian)
    {
        _headerBytes = headerBytes;
        while (_stream.Length - End >= headerBytes)
        {
            int start = End + headerBytes;
            BigInteger length = new(_stream.AsSpan(End, headerBytes), isUnsigned: true, isBigEndian: !littleEndian);
            if (length > _stream.Length - start)
            {
                return;
            }

            Add(start, start + (int)length, start + (int)length);
        }
    }

    private void Add(int start, int end, int frameEnd)
    {
        Frames.Add(_stream[start..end]);
        Ends.Add(frameEnd);
    }
}
