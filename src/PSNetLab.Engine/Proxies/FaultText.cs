using System.Globalization;

namespace PSNetLab.Engine.Proxies;

/// <summary>Faults in words.</summary>
internal static class FaultText
{
    internal static string Effect(NetFaultSpec spec, NetFaultKind kind) => kind switch
    {
        NetFaultKind.Latency => Text($"{spec.LatencyMs ?? 0} ms") + (spec.JitterMs is { } jitter ? Jitter(spec, jitter) : string.Empty),
        NetFaultKind.Bandwidth => Text($"{spec.BytesPerSecond} bytes/s"),
        NetFaultKind.Slice => Text($"pieces of {spec.SliceBytes} bytes, {spec.SliceDelayMs ?? NetFault.DefaultSliceDelayMs} ms apart"),
        NetFaultKind.Reset => "reset (RST)",
        NetFaultKind.Close => "close (FIN)",
        NetFaultKind.Stall => "nothing passes",
        NetFaultKind.Refuse => "port closed",
        NetFaultKind.HalfClose => "half-close (FIN)",
        NetFaultKind.Loss => Text($"{spec.LossPercent} % lost")
            + (spec.Burst is { } burst ? Text($", {burst} in a row") : string.Empty),
        NetFaultKind.Duplicate => Text($"{spec.DuplicatePercent} % twice"),
        NetFaultKind.Reorder => Text($"{spec.ReorderPercent} % passed by {spec.ReorderGap ?? NetFault.DefaultReorderGap}"),
        _ => Text($"{spec.CorruptPercent} % with a bit flipped"),
    };

    internal static string When(NetFaultSpec spec)
    {
        List<string> parts = [];
        Add(spec.First, first => $"first {first}");
        Add(spec.Every, every => $"one of {every}");
        Add(spec.Probability, probability => $"{probability} % of connections");
        Add(spec.AfterBytes, bytes => $"after {bytes} bytes");
        Add(spec.AfterSec, seconds => $"after {seconds} s");
        Add(spec.ForSec, seconds => $"for {seconds} s");
        if (spec.Match is { } clients)
        {
            parts.Add($"from {string.Join(' ', clients)}");
        }

        if (spec.Script is { } script)
        {
            parts.Add($"where {{ {OneLine(script.ToString()!)} }}");
        }

        return string.Join(", ", parts);

        void Add<T>(T? value, Func<T, FormattableString> text)
            where T : struct
        {
            if (value is { } one)
            {
                parts.Add(Text(text(one)));
            }
        }
    }

    private static string OneLine(string script)
    {
        const int Most = 40;
        string line = string.Join(' ', script.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > Most ? $"{line[..Most]}…" : line;
    }

    private static string Jitter(NetFaultSpec spec, double jitter) => (spec.Distribution ?? JitterDistribution.Uniform) switch
    {
        JitterDistribution.Uniform => Text($" ± {jitter} ms"),
        JitterDistribution.Normal => Text($" ± {jitter} ms (normal)"),
        _ => Text($" + {jitter} ms (Pareto)"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
