using PSNetLab.Engine.Http.Client;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>How long bodies may be without their codings: each of them, and all of a file together.</summary>
/// <param name="mostBytes">How long each may be.</param>
/// <param name="mostTogether">How long all may be together, besides what is in proportion to what was sent.</param>
internal sealed class DecodingLimit(int mostBytes, long mostTogether = long.MaxValue / 2)
{
    // Text seldom shrinks to less than a tenth. A bomb shrinks to a thousandth.
    private const int Proportion = 16;

    private long _most = mostTogether;
    private long _taken;

    /// <summary>The limit of a file.</summary>
    internal static DecodingLimit OfFile() => new(RoundTripOptions.DefaultMostBodyBytes, RoundTripOptions.DefaultMostBodyBytes);

    /// <summary>Allows for a body that was sent.</summary>
    internal void Allow(int sentBytes) => _most += (long)sentBytes * Proportion;

    /// <summary>Counts bytes, also those of a body that turns out to be too long.</summary>
    /// <param name="count">How many there are more.</param>
    /// <param name="length">How many there are of this body.</param>
    /// <param name="coding">What was taken off.</param>
    /// <returns>What is too long; null if nothing is.</returns>
    internal string? Take(int count, long length, string coding)
    {
        _taken += count;
        return length > mostBytes ? $"without its coding, {coding}, it is longer than {mostBytes} bytes"
            : _taken > _most ? $"the compressed bodies of this file are longer than {_most} bytes without their codings"
            : null;
    }
}
