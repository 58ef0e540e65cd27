using System.IO.Enumeration;
using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>What the answers should be: each is expected, and each that is expected is there. * stands for any text.</summary>
internal sealed class DnsExpectation(IReadOnlyList<string> expected)
{
    /// <summary>Why the answers are not as expected; null if they are.</summary>
    /// <param name="values">The data; or, without any, the word for what the server says in its place, such as NXDOMAIN.</param>
    internal string? Compare(IReadOnlyList<string> values)
    {
        string[] missing = [.. expected.Where(pattern => !values.Any(value => IsSame(pattern, value)))];
        string[] others = [.. values.Where(value => !expected.Any(pattern => IsSame(pattern, value)))];
        string[] parts =
        [
            .. missing.Length > 0 ? [$"not there: {string.Join(", ", missing)}"] : Array.Empty<string>(),
            .. others.Length > 0 ? [$"not expected: {string.Join(", ", others)}"] : Array.Empty<string>(),
        ];
        return parts.Length > 0 ? $"The answer is another than expected ({string.Join("; ", parts)})." : null;
    }

    private static bool IsSame(string pattern, string value)
    {
        // An address of IPv6 has many forms; a name may have its final dot.
        string wanted = Addresses.TryParseExactly(pattern, out IPAddress address) ? address.ToString()
            : pattern.Length > 1 && pattern.EndsWith('.') && !value.EndsWith('.') ? pattern[..^1] : pattern;
        return wanted.Equals(value, StringComparison.OrdinalIgnoreCase)
            || (wanted.Contains('*', StringComparison.Ordinal) && FileSystemName.MatchesSimpleExpression(
                wanted.Replace(@"\", @"\\", StringComparison.Ordinal), value));
    }
}
