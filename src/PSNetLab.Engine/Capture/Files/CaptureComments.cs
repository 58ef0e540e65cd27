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

    /// <summary>Whether the conversation began before this packet, its first.</summary>
    internal bool BeginsLater { get; private init; }

    /// <summary>How many bytes before this packet are known to be missing.</summary>
    internal IReadOnlyList<(NetTranscriptDirection Direction, long Bytes)> Gaps { get; private init; } = [];

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
        bool beginsLater = false;
        List<(NetTranscriptDirection, long)> gaps = [];
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
                faults.Add((fault.Groups[1].Success ? To(fault.Groups[1].Value) : null, fault.Groups[2].Value));
            }
            else if (Gap().Match(comment) is { Success: true } gap
                && long.TryParse(gap.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out long bytes))
            {
                gaps.Add((To(gap.Groups[2].Value), bytes));
            }
            else if (comment.StartsWith("The transcript begins", StringComparison.Ordinal))
            {
                beginsLater = true;
            }
            else if (!comment.StartsWith("This end of the stream", StringComparison.Ordinal))
            {
                rest.Add(comment);
            }
        }

        return new CaptureComments
        {
            ConnectionId = id,
            IsTls = isTls,
            BeginsLater = beginsLater,
            Gaps = gaps,
            Faults = faults,
            Rest = rest.Count == 0 ? null : string.Join(' ', rest),
        };
    }

    private static NetTranscriptDirection To(string side)
        => side == "server" ? NetTranscriptDirection.ToServer : NetTranscriptDirection.ToClient;

    [GeneratedRegex(@"^Connection (\d+) of PSNetLab\.$", RegexOptions.CultureInvariant)]
    private static partial Regex Connection();

    [GeneratedRegex(@"^TLS(?: \((.*)\))? was taken off", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Tls();

    [GeneratedRegex("^Fault(?: to the (server|client))?: ?(.*)$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Fault();

    [GeneratedRegex(@"^(\d+) bytes to the (server|client) are missing here\.", RegexOptions.CultureInvariant)]
    private static partial Regex Gap();
}
