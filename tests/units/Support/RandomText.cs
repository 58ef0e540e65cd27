namespace PSNetLab.Engine.Tests;

/// <summary>Random bytes of the kind that gets far into a parser.</summary>
internal static class RandomText
{
    /// <summary>Mostly the bytes that mean something, sometimes any.</summary>
    internal static void Fill(Random random, Span<byte> destination, ReadOnlySpan<byte> telling)
    {
        foreach (ref byte value in destination)
        {
            value = random.Next(8) == 0 ? (byte)random.Next(256) : telling[random.Next(telling.Length)];
        }
    }
}
