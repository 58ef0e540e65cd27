using System.Collections;
using PSNetLab.Engine.Checks.Dns;

namespace PSNetLab;

/// <summary>A record of a DNS answer.</summary>
public sealed class DnsRecord
{
    internal DnsRecord(string name, ushort type, ushort @class, uint timeToLive, RecordData data)
    {
        Name = name;
        TypeNumber = type;
        Class = DnsWords.Class(@class);

        // A value with the upper bit set counts as 0 (RFC 2181, section 8).
        TimeToLive = timeToLive > int.MaxValue ? 0 : (int)timeToLive;
        Data = data.Text;
        Fields = data.Fields;
    }

    /// <summary>The name the record belongs to, without a final dot.</summary>
    public string Name { get; }

    /// <summary>The type, such as A; TYPE and its number if it has no name here (RFC 3597).</summary>
    public string Type => DnsWords.Type(TypeNumber);

    /// <summary>The class; IN for the internet.</summary>
    public string Class { get; }

    /// <summary>How many seconds the record may be kept.</summary>
    public int TimeToLive { get; }

    /// <summary>What the record says, as dig(1) shows it, but for the final dots of names and the quotes of TXT.</summary>
    public string Data { get; }

    /// <summary>
    /// The parts of <see cref="Data"/> by their names, such as Preference and Exchange of MX. A hidden property for PowerShell: JSON and
    /// CSV have the data once.
    /// </summary>
    internal IDictionary Fields { get; }

    internal ushort TypeNumber { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {TimeToLive} {Class} {Type} {Data}";
}
