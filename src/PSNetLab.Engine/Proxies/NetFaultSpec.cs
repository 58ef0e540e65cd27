using System.Globalization;

namespace PSNetLab.Engine.Proxies;

/// <summary>The description of faults, as New-NetFault and tables give it. Null is what was not given.</summary>
internal sealed record NetFaultSpec
{
    /// <summary>The longest time of a fault: the milliseconds of a timer are an int.</summary>
    internal const double MostSeconds = 20 * 86400;

    public string? Name { get; init; }

    public NetFaultDirection Direction { get; init; }

    public double? LatencyMs { get; init; }

    public double? JitterMs { get; init; }

    public JitterDistribution? Distribution { get; init; }

    public long? BytesPerSecond { get; init; }

    public int? SliceBytes { get; init; }

    public double? SliceDelayMs { get; init; }

    public bool Reset { get; init; }

    public bool Close { get; init; }

    public bool Stall { get; init; }

    public bool Refuse { get; init; }

    public bool HalfClose { get; init; }

    public double? LossPercent { get; init; }

    public double? Burst { get; init; }

    public double? DuplicatePercent { get; init; }

    public double? ReorderPercent { get; init; }

    public int? ReorderGap { get; init; }

    public double? CorruptPercent { get; init; }

    public long? AfterBytes { get; init; }

    public double? AfterSec { get; init; }

    public int? First { get; init; }

    public int? Every { get; init; }

    public double? Probability { get; init; }

    public double? ForSec { get; init; }

    public string[]? Match { get; init; }

    /// <summary>The script that says which chunks it is about; null for all.</summary>
    internal object? Script { get; init; }

    /// <summary>The network whose profile it is a part of; null for none. A part that a protocol cannot have is left out.</summary>
    internal string? Profile { get; init; }

    /// <summary>The kinds of faults that are described.</summary>
    internal IReadOnlyList<NetFaultKind> Kinds
    {
        get
        {
            List<NetFaultKind> kinds = [];
            Add(LatencyMs is not null || JitterMs is not null, NetFaultKind.Latency);
            Add(BytesPerSecond is not null, NetFaultKind.Bandwidth);
            Add(SliceBytes is not null, NetFaultKind.Slice);
            Add(Reset, NetFaultKind.Reset);
            Add(Close, NetFaultKind.Close);
            Add(Stall, NetFaultKind.Stall);
            Add(Refuse, NetFaultKind.Refuse);
            Add(HalfClose, NetFaultKind.HalfClose);
            Add(LossPercent is not null, NetFaultKind.Loss);
            Add(DuplicatePercent is not null, NetFaultKind.Duplicate);
            Add(ReorderPercent is not null, NetFaultKind.Reorder);
            Add(CorruptPercent is not null, NetFaultKind.Corrupt);
            return kinds;

            void Add(bool isThere, NetFaultKind kind)
            {
                if (isThere)
                {
                    kinds.Add(kind);
                }
            }
        }
    }

    /// <summary>One description for each kind of fault, with the same conditions.</summary>
    /// <exception cref="NetLabException">It makes no sense; the message says what does.</exception>
    internal IReadOnlyList<NetFaultSpec> Split()
    {
        Check();
        IReadOnlyList<NetFaultKind> kinds = Kinds;
        return kinds.Count == 1 ? [this] : [.. kinds.Select(Only)];
    }

    /// <summary>What remains with one kind of fault.</summary>
    private NetFaultSpec Only(NetFaultKind kind)
    {
        bool isLatency = kind == NetFaultKind.Latency;
        return this with
        {
            LatencyMs = isLatency ? LatencyMs : null,
            JitterMs = isLatency ? JitterMs : null,
            Distribution = isLatency ? Distribution : null,
            BytesPerSecond = kind == NetFaultKind.Bandwidth ? BytesPerSecond : null,
            SliceBytes = kind == NetFaultKind.Slice ? SliceBytes : null,
            SliceDelayMs = kind == NetFaultKind.Slice ? SliceDelayMs : null,
            Reset = kind == NetFaultKind.Reset,
            Close = kind == NetFaultKind.Close,
            Stall = kind == NetFaultKind.Stall,
            Refuse = kind == NetFaultKind.Refuse,
            HalfClose = kind == NetFaultKind.HalfClose,
            LossPercent = kind == NetFaultKind.Loss ? LossPercent : null,
            Burst = kind == NetFaultKind.Loss ? Burst : null,
            DuplicatePercent = kind == NetFaultKind.Duplicate ? DuplicatePercent : null,
            ReorderPercent = kind == NetFaultKind.Reorder ? ReorderPercent : null,
            ReorderGap = kind == NetFaultKind.Reorder ? ReorderGap : null,
            CorruptPercent = kind == NetFaultKind.Corrupt ? CorruptPercent : null,
        };
    }

    private void Check()
    {
        if (Kinds is not { Count: > 0 } kinds)
        {
            throw Invalid("A fault does something: give -LatencyMs, -BytesPerSecond, -SliceBytes, -Reset, -Close, -Stall, -Refuse, "
                + "-HalfClose, -LossPercent, -DuplicatePercent, -ReorderPercent or -CorruptPercent.");
        }

        if (Name is { Length: 0 })
        {
            throw Invalid("The name of a fault is not empty: no command could name it. Give another, or leave -Name out.");
        }

        if (kinds.Count > 1 && Name is not null)
        {
            throw Invalid($"'{Name}' would be the name of {kinds.Count} faults ({string.Join(", ", kinds)}). Make each with a "
                + "New-NetFault of its own, or leave -Name out.");
        }

        InRange(LatencyMs, nameof(LatencyMs), 0, MostSeconds * 1000);
        InRange(JitterMs, nameof(JitterMs), 0, MostSeconds * 1000);
        InRange(BytesPerSecond, nameof(BytesPerSecond), 1, long.MaxValue);
        InRange(SliceBytes, nameof(SliceBytes), 1, int.MaxValue);
        InRange(SliceDelayMs, nameof(SliceDelayMs), 0, MostSeconds * 1000);
        Percent(LossPercent, nameof(LossPercent));
        Percent(DuplicatePercent, nameof(DuplicatePercent));
        Percent(ReorderPercent, nameof(ReorderPercent));
        Percent(CorruptPercent, nameof(CorruptPercent));
        Percent(Probability, nameof(Probability));
        InRange(Burst, nameof(Burst), 1, 1_000_000);
        InRange(ReorderGap, nameof(ReorderGap), 1, 10_000);
        InRange(AfterBytes, nameof(AfterBytes), 0, long.MaxValue);
        InRange(AfterSec, nameof(AfterSec), 0, MostSeconds);
        InRange(ForSec, nameof(ForSec), 0, MostSeconds);
        InRange(First, nameof(First), 1, int.MaxValue);
        InRange(Every, nameof(Every), 1, int.MaxValue);
        Needs(Distribution is not null, nameof(Distribution), JitterMs is not null, nameof(JitterMs));
        Needs(SliceDelayMs is not null, nameof(SliceDelayMs), SliceBytes is not null, nameof(SliceBytes));
        Needs(Burst is not null, nameof(Burst), LossPercent is not null, nameof(LossPercent));
        Needs(ReorderGap is not null, nameof(ReorderGap), ReorderPercent is not null, nameof(ReorderPercent));
        if (LossPercent >= 100 && Burst is not null)
        {
            throw Invalid("-LossPercent 100 loses everything, so there are no bursts. Leave -Burst out.");
        }

        if (First is not null && Every is not null)
        {
            throw Invalid("-First and -Every both choose connections by their number. Give one of them.");
        }

        if (Refuse && (First ?? Every ?? Probability ?? AfterBytes ?? Match ?? Script) is not null)
        {
            throw Invalid("-Refuse closes the port for everybody, before there is a connection to choose. Only -AfterSec and -ForSec go "
                + "with it; to fail single connections, use -Reset.");
        }

        if (Refuse && Direction != NetFaultDirection.Both)
        {
            throw Invalid("-Refuse has no direction. Leave -Direction out.");
        }
    }

    private static void Percent(double? value, string name) => InRange(value, name, 0, 100);

    private static void InRange(double? value, string name, double least, double most)
    {
        if (value is { } number && !(number >= least && number <= most))
        {
            string range = most >= int.MaxValue ? $"{least} or more" : string.Create(CultureInfo.InvariantCulture, $"{least} to {most}");
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"-{name} {number} is out of range: it takes {range}."));
        }
    }

    private static void Needs(bool isGiven, string name, bool isThere, string needed)
    {
        if (isGiven && !isThere)
        {
            throw Invalid($"-{name} goes with -{needed}, which is missing.");
        }
    }

    private static NetLabException Invalid(string message) => new(FaultKind.InvalidParameters, message);
}
