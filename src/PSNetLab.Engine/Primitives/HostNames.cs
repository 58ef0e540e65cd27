using System.Globalization;

namespace PSNetLab.Engine.Primitives;

/// <summary>Names of hosts as they are on the wire and in certificates (IDNA, RFC 5890).</summary>
internal static class HostNames
{
    private static readonly IdnMapping s_mapping = new() { AllowUnassigned = true };

    /// <summary>The name in ASCII, as in xn--bcher-kva.example for bücher.example.</summary>
    /// <exception cref="ArgumentException">It is no name.</exception>
    internal static string ToAscii(string name) => s_mapping.GetAscii(name);
}
