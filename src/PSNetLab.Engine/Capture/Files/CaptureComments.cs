using System.Globalization;
using System.Text.RegularExpressions;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>What the comments on a packet say. Those that this module has written tell what packets cannot.</summary>
internal sealed partial class CaptureComments
{
    private static readonly CaptureComments s_none = new();

    private CaptureComments()
    {
    }

    internal int? ConnectionId { get; private init; }

    internal bool IsTls { get; private init; }

    /// <summary>Whether bytes before this packet are known to be missing.</summary>
    internal bool HasGap { get; private init; }

    internal IReadOnlyList<(NetTranscriptDirection? Direction, string What)> Faults { get; private init; } = [];

    /// <summary>All others; null if there are none.</summary>
    internal string? Rest { get; private init; }

    internal static CaptureComments Of(PacketReader reader)
    {
        if (reader.Comments.Count == 0)
        {
            return s_none;
        }

        if (!reader.IsOwn)
        {
            return new CaptureComments { Rest = string.Join(' ', reader.Comments) };
        }

        int? id = null;
        bool isTls = false;
        bool hasGap = false;
        List<(NetTranscriptDirection?, string)> faults = [];
        List<string> rest = [];
        foreach (string comment in reader.Comments)
        {
            if (Connection().Match(comment) is { Success: true } connection
                && int.TryParse(connection.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out int number))
            {
                id = number;
            }
            else if (Tls().Match(comment) is { Success: true } tls)
            {
                isTls = true;
                if (tls.Groups[1].Success)
                {
                    rest.Add(tls.Groups[1].Value);
                }
            }
            else if (Fault().Match(comment) is { Success: true } fault)
            {
                faults.Add((
                    !fault.Groups[1].Success ? null
                        : fault.Groups[1].Value == "server" ? NetTranscriptDirection.ToServer : NetTranscriptDirection.ToClient,
                    fault.Groups[2].Value));
            }
            else if (Gap().IsMatch(comment))
            {
                hasGap = true;
            }
            else if (!comment.StartsWith("The transcript begins", StringComparison.Ordinal)
                && !comment.StartsWith("This end of the stream", StringComparison.Ordinal))
            {
                rest.Add(comment);
            }
        }

        return new CaptureComments
        {
            ConnectionId = id,
            IsTls = isTls,
            HasGap = hasGap,
            Faults = faults,
            Rest = rest.Count == 0 ? null : string.Join(' ', rest),
        };
    }

    [GeneratedRegex(@"^Connection (\d+) of PSNetLab\.$", RegexOptions.CultureInvariant)]
    private static partial Regex Connection();

    [GeneratedRegex(@"^TLS(?: \((.*)\))? was taken off", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Tls();

    [GeneratedRegex("^Fault(?: to the (server|client))?: ?(.*)$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Fault();

    [GeneratedRegex(@"^\d+ bytes to the (?:server|client) are missing here\.", RegexOptions.CultureInvariant)]
    private static partial Regex Gap();
}
