using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Proxies;

namespace PSNetLab;

/// <summary>Something that goes wrong on a network: what, when, and for whom. On a proxy it counts what it did.</summary>
public sealed class NetFault
{
    private readonly Counters _counters;

    internal NetFault(NetFaultSpec spec)
        : this(spec, spec.Name ?? spec.Kinds[0].ToString(), new Counters())
    {
    }

    private NetFault(NetFaultSpec spec, string name, Counters counters)
    {
        Spec = spec;
        Kind = spec.Kinds[0];
        Name = name;
        _counters = counters;
        Filter = spec.Match is null ? null : new AddressFilter(spec.Match, null);
    }

    /// <summary>The name, unique on its proxy.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public NetFaultKind Kind { get; }

    /// <summary>The direction it is about.</summary>
    public NetFaultDirection Direction => Spec.Direction;

    /// <summary>What it does, with its numbers.</summary>
    public string Effect => FaultText.Effect(Spec, Kind);

    /// <summary>When, and on which connections; empty for always, on all.</summary>
    public string When => FaultText.When(Spec);

    /// <summary>How often it has acted on its proxy: chunks or datagrams delayed, lost or changed, connections ended.</summary>
    public long Hits => Interlocked.Read(ref _counters.Hits);

    /// <summary>On how many connections it has acted.</summary>
    public long ConnectionHits => Interlocked.Read(ref _counters.Connections);

    /// <summary>The delay in milliseconds.</summary>
    public object? LatencyMs => FileValue.Of(Spec.LatencyMs);

    /// <summary>How far the delay varies, in milliseconds.</summary>
    public object? JitterMs => FileValue.Of(Spec.JitterMs);

    /// <summary>How the delay varies.</summary>
    public JitterDistribution? Distribution => Spec.JitterMs is null ? null : Spec.Distribution ?? JitterDistribution.Uniform;

    /// <summary>How many bytes pass in a second.</summary>
    public long? BytesPerSecond => Spec.BytesPerSecond;

    /// <summary>The size of a piece.</summary>
    public int? SliceBytes => Spec.SliceBytes;

    /// <summary>The pause between two pieces in milliseconds.</summary>
    public object? SliceDelayMs => FileValue.Of(Spec.SliceBytes is null ? null : SliceDelay);

    /// <summary>How many of 100 datagrams are lost.</summary>
    public object? LossPercent => FileValue.Of(Spec.LossPercent);

    /// <summary>How many datagrams are lost in a row, on average.</summary>
    public object? Burst => FileValue.Of(Spec.Burst);

    /// <summary>How many of 100 datagrams come twice.</summary>
    public object? DuplicatePercent => FileValue.Of(Spec.DuplicatePercent);

    /// <summary>How many of 100 datagrams are passed by later ones.</summary>
    public object? ReorderPercent => FileValue.Of(Spec.ReorderPercent);

    /// <summary>By how many they are passed.</summary>
    public int? ReorderGap => Spec.ReorderPercent is null ? null : Spec.ReorderGap ?? DefaultReorderGap;

    /// <summary>In how many of 100 datagrams, or blocks of a stream, a bit is flipped.</summary>
    public object? CorruptPercent => FileValue.Of(Spec.CorruptPercent);

    /// <summary>After how many bytes it begins.</summary>
    public long? AfterBytes => Spec.AfterBytes;

    /// <summary>After how many seconds it begins.</summary>
    public object? AfterSec => FileValue.Of(Spec.AfterSec);

    /// <summary>How many seconds it lasts.</summary>
    public object? ForSec => FileValue.Of(Spec.ForSec);

    /// <summary>How many connections it hits, from the first.</summary>
    public int? First => Spec.First;

    /// <summary>Which connections it hits: one of so many.</summary>
    public int? Every => Spec.Every;

    /// <summary>How likely it hits a connection, in percent.</summary>
    public object? Probability => FileValue.Of(Spec.Probability);

    /// <summary>The clients it hits, by address; and the script block that chooses chunks, as text.</summary>
    public TextList<string>? Match => (Spec.Match ?? Spec.Script) is null
        ? null
        : new([.. Spec.Match ?? [], .. Spec.Script is { } script ? [script.ToString()!] : Array.Empty<string>()]);

    /// <summary>The profile it belongs to.</summary>
    public string? Profile => Spec.Profile;

    internal const double DefaultSliceDelayMs = 1;

    internal const int DefaultReorderGap = 3;

    internal double SliceDelay => Spec.SliceDelayMs ?? DefaultSliceDelayMs;

    internal NetFaultSpec Spec { get; }

    internal AddressFilter? Filter { get; }

    /// <summary>Whether this is another version of a fault, with the same counts.</summary>
    internal bool IsSame(NetFault other) => ReferenceEquals(_counters, other._counters);

    /// <summary>How many connections have been decided about. Only under the lock of the table.</summary>
    internal ref long Decided => ref _counters.Decided;

    /// <summary>When it came to the proxy, as a timestamp of Stopwatch.</summary>
    internal ref long Since => ref _counters.Since;

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Effect}{(When.Length > 0 ? $", {When}" : string.Empty)}";

    /// <summary>The fault on a proxy, with counts of its own.</summary>
    internal NetFault On(string name) => new(Spec, name, new Counters());

    /// <summary>The same fault with other settings: it goes on counting.</summary>
    internal NetFault With(NetFaultSpec spec) => new(spec, Name, _counters);

    /// <summary>The direction as transcripts have it; null for both.</summary>
    internal NetTranscriptDirection? Way => Direction switch
    {
        NetFaultDirection.ToServer => NetTranscriptDirection.ToServer,
        NetFaultDirection.ToClient => NetTranscriptDirection.ToClient,
        _ => null,
    };

    internal void Hit() => Interlocked.Increment(ref _counters.Hits);

    internal void HitConnection() => Interlocked.Increment(ref _counters.Connections);

    private sealed class Counters
    {
        internal long Hits;
        internal long Connections;
        internal long Decided;
        internal long Since;
    }
}
