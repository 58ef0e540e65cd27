using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>What a name server answered.</summary>
public sealed class DnsReply
{
    internal DnsReply(string name, string type, string server)
    {
        Name = name;
        Type = type;
        Server = server;
    }

    /// <summary>The name as it was given.</summary>
    public string Name { get; }

    /// <summary>The type that was asked for, such as A.</summary>
    public string Type { get; }

    /// <summary>The server as it was given, with its port if that is not 53.</summary>
    public string Server { get; }

    /// <summary>The address of the server that was asked last; null if its name has none.</summary>
    public string? Address { get; internal init; }

    /// <summary>What became of the query.</summary>
    public DnsStatus Status { get; internal init; }

    /// <summary>Whether the data is what was expected; null unless something was.</summary>
    public bool? Passed { get; internal set; }

    /// <summary>What the records of the type say, separated by commas; null if there are none.</summary>
    public string? Data => Values.Count > 0 ? string.Join(", ", Values) : null;

    /// <summary>The milliseconds from the first query until the answer; null without an answer.</summary>
    public object? Milliseconds => FileValue.Of(Duration?.TotalMilliseconds);

    /// <summary>The response code, such as NOERROR; null without an answer.</summary>
    public string? ResponseCode { get; internal init; }

    /// <summary>What the server said of an error (RFC 8914); null if it said nothing.</summary>
    public string? ExtendedError { get; internal init; }

    /// <summary>The flags of the answer, of AA, TC, RD, RA, AD and CD; null without an answer.</summary>
    public string? Flags { get; internal init; }

    /// <summary>How the query was sent.</summary>
    public DnsTransport Transport { get; internal init; }

    /// <summary>The bytes of the answer; null without one.</summary>
    public int? Size => Raw?.Length;

    /// <summary>How large a datagram the server takes; null if it does not use EDNS.</summary>
    public int? EdnsSize { get; internal init; }

    /// <summary>How many queries were sent.</summary>
    public int Attempts { get; internal init; }

    /// <summary>How many messages were ignored because their number, sender or question was wrong.</summary>
    public int Strays { get; internal init; }

    /// <summary>The records that answer the question, with the aliases on the way.</summary>
    public TextList<DnsRecord> Answers { get; internal init; } = new([]);

    /// <summary>The records about who is responsible.</summary>
    public TextList<DnsRecord> Authorities { get; internal init; } = new([]);

    /// <summary>Other records that may be of use.</summary>
    public TextList<DnsRecord> Additionals { get; internal init; } = new([]);

    /// <summary>When the query began, in local time.</summary>
    public object Time => FileValue.With(Began);

    /// <summary>Why there is no data, or not what was expected, and what to do; null if all is well.</summary>
    public string? Reason { get; internal set; }

    /// <summary>The parts of <see cref="Data"/>.</summary>
    internal IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>The bytes of the answer; null without one. PowerShell has them as a hidden property: no text form shows them.</summary>
    internal byte[]? Raw { get; init; }

    internal TimeSpan? Duration { get; init; }

    /// <summary>Whether the server has answered, whatever it says.</summary>
    internal bool HasAnswer => Status <= DnsStatus.OtherCode;

    internal DateTime Began { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type} {Data ?? Status.ToString()}";
}
