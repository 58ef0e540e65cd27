namespace PSNetLab.Engine.Checks.Dns;

/// <summary>What an answer means.</summary>
/// <param name="Status">The status.</param>
/// <param name="Reason">Why there is no data; null if there is.</param>
/// <param name="Values">What the records of the type say.</param>
internal sealed record DnsVerdict(DnsStatus Status, string? Reason, IReadOnlyList<string> Values)
{
    private const int MostNamesShown = 5;

    /// <summary>Judges an answer.</summary>
    /// <param name="message">The answer.</param>
    /// <param name="question">What was asked for.</param>
    /// <param name="name">The name as it was given.</param>
    internal static DnsVerdict Of(DnsMessage message, DnsQuestion question, string name)
    {
        DnsRecord[] own = Own(message.Answers, question);
        if (message.Code == DnsWords.NoError && Has(own, question.Type))
        {
            // Aliases on the way to the records are not of the type.
            return new(
                DnsStatus.Answered, null, [.. own.Where(record => IsOf(record, question.Type)).Select(static record => record.Data)]);
        }

        string type = DnsWords.Type(question.Type);
        string alias = own.LastOrDefault(static record => record.TypeNumber == DnsWords.Alias) is { } last
            && question.Type != DnsWords.Alias
            ? $"{name} is an alias of {last.Data}. "
            : string.Empty;
        string? why = message.ExtendedError is { } said ? $" The server says: {said}." : null;
        string[] others = [.. message.Answers.Except(own).Select(static record => record.Name)
            .Distinct(StringComparer.OrdinalIgnoreCase).Take(MostNamesShown)];
        if (others.Length > 0)
        {
            why += $" What the server answers with is of another name: {string.Join(", ", others)}.";
        }

        (DnsStatus status, string reason) = message.Code switch
        {
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
        return new(status, reason, []);
    }

    /// <summary>The records of the name that was asked for, and of those that its aliases lead to (RFC 1034, section 3.6.2).</summary>
    private static DnsRecord[] Own(DnsRecord[] answers, DnsQuestion question)
    {
        int offset = 0;
        string name = DnsNames.Read(question.Name, ref offset);
        if (Array.TrueForAll(answers, record => record.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            return answers;
        }

        Dictionary<string, string> aliases = new(StringComparer.OrdinalIgnoreCase);
        foreach (DnsRecord record in answers.Where(static record => record.TypeNumber == DnsWords.Alias))
        {
            aliases.TryAdd(record.Name, record.Data);
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        for (string? next = name; next is not null && names.Add(next); next = aliases.GetValueOrDefault(next))
        {
        }

        return Array.FindAll(answers, record => names.Contains(record.Name));
    }

    private static bool Has(DnsRecord[] records, ushort type) => Array.Exists(records, record => IsOf(record, type));

    private static bool IsOf(DnsRecord record, ushort type) => type == DnsWords.Any || record.TypeNumber == type;

    // RFC 2308, section 2.1: a server that knows that there is no data gives the SOA record of the zone, or nothing.
    private static bool IsReferral(DnsMessage message)
        => message.Answers.Length == 0 && Has(message.Authorities, DnsWords.NameServer) && !Has(message.Authorities, DnsWords.Authority);
}
