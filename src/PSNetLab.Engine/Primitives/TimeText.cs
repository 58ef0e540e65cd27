using System.Globalization;

namespace PSNetLab.Engine.Primitives;

/// <summary>Lengths of time in messages and results, which are the same in every language of the system.</summary>
internal static class TimeText
{
    /// <summary>Such as "0.5 s".</summary>
    internal static string Seconds(TimeSpan span) => Seconds(span.TotalSeconds);

    /// <inheritdoc cref="Seconds(TimeSpan)"/>
    internal static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###} s");

    /// <summary>Such as "0.125 ms".</summary>
    internal static string Milliseconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0.###} ms");
}
