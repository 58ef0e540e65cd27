using System.Globalization;

namespace PSNetLab.Engine.Framing;

/// <summary>What a script says about the first message in the bytes that it got.</summary>
internal sealed class FrameVerdict
{
    private FrameVerdict()
    {
    }

    /// <summary>How many bytes it got.</summary>
    internal int Seen { get; private init; }

    /// <summary>The bytes that the message takes; 0 if it is not complete.</summary>
    internal int Length { get; private init; }

    /// <summary>Where its content begins. Of a message that is not complete, everything before is its header.</summary>
    internal int Offset { get; private init; }

    /// <summary>The bytes of its content.</summary>
    internal int Count { get; private init; }

    /// <summary>Its content, if that is not on the wire as it is.</summary>
    internal byte[]? Content { get; private init; }

    /// <summary>How many bytes there must be before it makes sense to ask again.</summary>
    internal long Needs { get; private init; }

    /// <summary>A complete message.</summary>
    /// <param name="seen">The number of bytes to look at.</param>
    /// <param name="length">How many of them it takes.</param>
    /// <param name="offset">Where its content begins.</param>
    /// <param name="count">The bytes of its content; null for all up to its end.</param>
    /// <param name="content">Its content, if that is not on the wire as it is.</param>
    /// <exception cref="NetLabException">These numbers make no sense.</exception>
    internal static FrameVerdict Complete(int seen, long length, long offset, long? count, byte[]? content)
    {
        if (length <= 0 || length > seen)
        {
            throw Nonsense(length <= 0
                ? $"Length is {length}, but a message takes at least 1 byte"
                : $"Length is {length}, but there are only {seen} bytes so far. Return nothing until all have arrived, or "
                    + $"@{{ Needs = {length} }}");
        }

        if (content?.Length > length)
        {
            throw Nonsense($"Content has {content.Length} bytes, more than the Length of {length} that the message takes");
        }

        long end = offset + (count ?? Math.Max(0, length - offset));
        return offset < 0 || count < 0 || count > length || end > length
            ? throw Nonsense($"Offset {offset} and Count {count?.ToString(CultureInfo.InvariantCulture) ?? "(the rest)"} are not within "
                + $"the {length} bytes of the message")
            : new FrameVerdict
            {
                Seen = seen,
                Length = (int)length,
                Offset = content is null ? (int)offset : 0,
                Count = content?.Length ?? (int)(end - offset),
                Content = content,
            };
    }

    /// <summary>More bytes are needed.</summary>
    /// <param name="seen">The number of bytes to look at.</param>
    /// <param name="needs">How many are needed altogether; null if that is not known.</param>
    /// <param name="offset">Where the content begins; null if that is not known.</param>
    /// <exception cref="NetLabException">These numbers make no sense.</exception>
    internal static FrameVerdict Incomplete(int seen, long? needs = null, long? offset = null)
        => needs <= seen ? throw Nonsense($"Needs is {needs}, but there are {seen} bytes already")
            : offset is < 0 or > int.MaxValue ? throw Nonsense($"Offset is {offset}, which is no place in a message")
            : new FrameVerdict { Seen = seen, Needs = needs ?? 0, Offset = (int)(offset ?? int.MaxValue) };

    private static NetLabException Nonsense(string what) => new(FaultKind.FramingScriptFailed, "It returned nonsense: " + what);
}
