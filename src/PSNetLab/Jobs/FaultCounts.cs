using System.Collections.Specialized;
using PSNetLab.Engine.Proxies;

namespace PSNetLab.Jobs;

/// <summary>How often each fault of a proxy has acted.</summary>
internal static class FaultCounts
{
    /// <summary>A table of names and numbers, as PowerShell shows it.</summary>
    internal static OrderedDictionary Of(FaultTable faults)
    {
        OrderedDictionary counts = new(StringComparer.OrdinalIgnoreCase);
        foreach (NetFault fault in faults.Faults)
        {
            counts[fault.Name] = fault.Hits;
        }

        return counts;
    }
}
