using System.Numerics;
using System.Text.RegularExpressions;

namespace PSNetLab.Engine.Tests;

/// <summary>The rules for a request head once more, as one plain expression over the whole text, to compare with.</summary>
internal static partial class ReferenceHead
{
    private const string Token = @"[!#$%&'*+.^_`|~0-9A-Za-z-]+";

    /// <summary>Where the valid head ends that the text starts with, or -1.</summary>
    internal static int End(string text)
    {
        Match match = Grammar().Match(text);
        return match.Success && IsMeaningful(match) ? match.Length : -1;
    }

    private static bool IsMeaningful(Match match)
    {
        bool isOld = match.Groups["minor"].Value == "0";
        ILookup<string, string> fields = match.Groups["name"].Captures.Zip(match.Groups["value"].Captures).ToLookup(
            field => field.First.Value.ToLowerInvariant(),
            field => field.Second.Value.Trim(' ', '\t'));
        string[] hosts = [.. fields["host"]];
        string[] lengths = [.. fields["content-length"]];
        string[] codings = [.. fields["transfer-encoding"]];
        return hosts.Length <= 1
            && (isOld || hosts.Length == 1)
            && hosts.All(host => Host().IsMatch(host))
            && lengths.Length <= 1
            && lengths.All(length => Digits().IsMatch(length) && BigInteger.Parse(length, null) <= long.MaxValue)
            && codings.Length <= (isOld || lengths.Length > 0 ? 0 : 1)
            && codings.All(coding => coding.Equals("chunked", StringComparison.OrdinalIgnoreCase));
    }

    [GeneratedRegex(
        @"\A(\r\n)*" + Token + @" [^\x00-\x20\x7F]+ HTTP/1\.(?<minor>[0-9])\r\n((?<name>" + Token
            + @"):(?<value>[^\x00-\x08\x0A-\x1F\x7F]*)\r\n)*\r\n", RegexOptions.CultureInvariant)]
    private static partial Regex Grammar();

    [GeneratedRegex(
        @"\A(\[[A-Za-z0-9._~!$&'()*+,;=:-]+\]|([A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(:[0-9]*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Host();

    [GeneratedRegex(@"\A[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();
}
