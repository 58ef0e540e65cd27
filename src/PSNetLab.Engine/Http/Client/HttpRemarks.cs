using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Client;

/// <summary>Finds what a strict reader refuses in a request and a response.</summary>
internal static class HttpRemarks
{
    // What a recipient needs before the body (RFC 9110, section 6.5.1).
    private static readonly string[] s_notInTrailers =
    [
        "Transfer-Encoding", "Content-Length", "Host", "Trailer", "Content-Type", "Content-Encoding", "Content-Range", "Authorization",
        "Set-Cookie",
        "Cache-Control", "Connection", "TE", "Location",
    ];

    /// <summary>What a strict server refuses in the bytes of a request.</summary>
    internal static IEnumerable<string> Of(HttpSentRequest request)
    {
        List<string> remarks = [];
        if (request.AllBytes.Length > 0)
        {
            Look(request.AllBytes, remarks);
        }

        return remarks.Select(remark => $"Request: {remark}");
    }

    /// <summary>What a strict client refuses in a response, and what else is unusual.</summary>
    internal static IEnumerable<string> Of(RoundTrip trip)
    {
        IEnumerable<string> heads = trip.Interim.SelectMany(head => head.Remarks.Select(remark => $"Response {head.Status}: {remark}"));
        IEnumerable<string> final = (trip.Head?.Remarks ?? []).Select(remark => $"Response: {remark}");
        IEnumerable<string> trailers = trip.Trailers.All
            .Where(field => s_notInTrailers.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
            .Select(field => $"Response: {field.Name} must not be in a trailer (RFC 9110, section 6.5.1).");
        string[] coding = trip.Head?.HasCodedBody == true
            ? ["Response: The body has a transfer coding other than chunked, which is left on (RFC 9112, section 6.1)."] : [];
        return [.. heads, .. final, .. coding, .. trailers, .. trip.Remarks];
    }

    private static void Look(ReadOnlySpan<byte> bytes, List<string> remarks)
    {
        RequestHead head = new();
        switch (head.Parse(bytes, HeadReader.DefaultLimits))
        {
            case ParseStatus.Failed:
                remarks.Add(head.FailedReason);
                return;
            case ParseStatus.Incomplete:
                remarks.Add("The head does not end with an empty line.");
                return;
        }

        ReadOnlySpan<byte> rest = bytes[head.HeadLength..];
        BodyReader body = head.Body;
        while (!rest.IsEmpty && body.Status == ParseStatus.Incomplete)
        {
            body.Read(rest, out int consumed, out _);
            rest = rest[consumed..];
        }

        switch (body.Status)
        {
            case ParseStatus.Failed:
                remarks.Add(body.Fault);
                break;
            case ParseStatus.Incomplete when head.ContentLength >= 0:
                remarks.Add($"Content-Length is {head.ContentLength}, but only {body.Length} bytes follow.");
                break;
            case ParseStatus.Incomplete:
                remarks.Add("The last chunk is missing.");
                break;
            case ParseStatus.Complete when !rest.IsEmpty:
                remarks.Add($"{rest.Length} bytes follow, which a strict server reads as the next request.");
                break;
        }
    }
}
