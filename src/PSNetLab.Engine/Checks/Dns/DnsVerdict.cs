namespace PSNetLab.Engine.Checks.Dns;

/// <summary>What an answer means.</summary>
internal static class DnsVerdict
{
    /// <summary>The status of an answer, and why there is no data.</summary>
    /// <param name="message">The answer.</param>
    /// <param name="question">What was asked for.</param>
    /// <param name="name">The name as it was given.</param>
    internal static (DnsStatus Status, string? Reason) Of(DnsMessage message, DnsQuestion question, string name)
    {
        string type = DnsWords.Type(question.Type);
        string alias = message.Answers.LastOrDefault(static record => record.TypeNumber == DnsWords.Alias) is { } last
            && question.Type != DnsWords.Alias
            ? $"{name} is an alias of {last.Data}. "
            : string.Empty;
        string? why = message.ExtendedError is { } said ? $" The server says: {said}." : null;
        return message.Code switch
        {
            DnsWords.NoError when Has(message.Answers, question.Type) => (DnsStatus.Answered, null),
            DnsWords.NoError when IsReferral(message) => (
                DnsStatus.Referral,
                $"The server does not know {name}, and refers to "
                    + $"{string.Join(", ", message.Authorities.Select(static record => record.Data).Distinct())}."),
            DnsWords.NoError => (DnsStatus.NoData, $"{alias}{(alias.Length > 0 ? "That name" : name)} has no {type} record.{why}"),
            DnsWords.NoSuchName
                => (DnsStatus.NameNotFound, $"{alias}There is no name {(alias.Length > 0 ? "like that" : name)} (NXDOMAIN).{why}"),
            DnsWords.ServerFailure => (
                DnsStatus.ServerFailed,
                $"The server could not find out (SERVFAIL): the servers it asks do not answer, or a signature is wrong.{why}"),
            DnsWords.Refused
                => (DnsStatus.QueryRefused, $"The server does not answer this question, or not to this client (REFUSED).{why}"),
            _ => (DnsStatus.OtherCode, $"The server answered with {DnsWords.Code(message.Code)}.{why}"),
        };
    }

    /// <summary>What the records of the type say. Aliases on the way to them are not of the type.</summary>
    internal static IReadOnlyList<string> Values(DnsMessage message, ushort type)
        => message.Code == DnsWords.NoError
            ? [.. message.Answers.Where(record => IsOf(record, type)).Select(static record => record.Data)]
            : [];

    private static bool Has(DnsRecord[] records, ushort type) => Array.Exists(records, record => IsOf(record, type));

    private static bool IsOf(DnsRecord record, ushort type) => type == DnsWords.Any || record.TypeNumber == type;

    // RFC 2308, section 2.1: a server that knows that there is no data gives the SOA record of the zone, or nothing.
    private static bool IsReferral(DnsMessage message)
        => message.Answers.Length == 0 && Has(message.Authorities, DnsWords.NameServer) && !Has(message.Authorities, DnsWords.Authority);
}
