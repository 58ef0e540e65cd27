using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>Judges responses, and what came in place of one.</summary>
internal static class HttpVerdict
{
    /// <summary>What is to be said of a complete response.</summary>
    /// <param name="options">What is expected.</param>
    /// <param name="trip">The last request and its response.</param>
    /// <param name="certificates">What was found out about the certificates of all servers on the way, by their origins.</param>
    internal static (HttpEndpointStatus Status, string? Reason) Of(
        HttpCheckOptions options, RoundTrip trip, IReadOnlyList<(string Origin, PeerCheck Check)> certificates)
    {
        ReceivedHead head = trip.Head!;
        if (!options.IsExpected(head.Status))
        {
            return (
                HttpEndpointStatus.StatusUnexpected,
                $"The status is {$"{head.Status} {PeerText.Shown(head.Reason)}".TrimEnd()}, and -StatusCode expects {options.Expected}.");
        }

        if (options.Match is { } match)
        {
            string text = ShownBody.Decode(trip.Body.Span, head.Fields["Content-Type"]);
            if (!Patterns.IsMatch(match, text))
            {
                return (HttpEndpointStatus.ContentMismatch, head.Fields["Content-Encoding"] is { } coding
                    ? $"The body does not match '{match}', but it is coded as {PeerText.Shown(coding)}."
                    : $"The body of {trip.BodyLength} bytes does not match '{match}'.");
            }
        }

        foreach ((string origin, PeerCheck check) in certificates)
        {
            string words = string.Join(
                "; ",
                check.Problems.Where(static problem => problem.Kind == CertificateProblemKind.ExpiresSoon)
                    .Select(static problem => problem.Text));
            if (words.Length > 0)
            {
                return (HttpEndpointStatus.CertificateExpiring, $"The certificate of {origin}: {words}. Renew it.");
            }
        }

        return (HttpEndpointStatus.Passed, null);
    }

    /// <summary>What a fault is to a check.</summary>
    internal static HttpEndpointStatus Of(FaultKind kind) => kind switch
    {
        FaultKind.HostNotFound or FaultKind.InvalidAddress => HttpEndpointStatus.NameNotFound,
        FaultKind.ConnectionRefused => HttpEndpointStatus.Refused,
        FaultKind.ConnectTimeout or FaultKind.ReceiveTimeout => HttpEndpointStatus.TimedOut,
        FaultKind.HostUnreachable => HttpEndpointStatus.Unreachable,
        FaultKind.CertificateRejected => HttpEndpointStatus.CertificateRejected,
        FaultKind.TlsHandshakeFailed or FaultKind.OwnCertificateRejected => HttpEndpointStatus.TlsFailed,
        FaultKind.NoResponse or FaultKind.ConnectionReset => HttpEndpointStatus.NoResponse,
        FaultKind.ResponseTruncated => HttpEndpointStatus.Truncated,
        FaultKind.ResponseMalformed => HttpEndpointStatus.Malformed,
        _ => HttpEndpointStatus.Failed,
    };
}
