using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>How proxies keep their records: one for each connection that has ended.</summary>
internal static class ProxyRecords
{
    internal static RecordOptions Of(bool noRecord) => new(!noRecord, RecordOptions.DefaultBufferLimit, WhenFull.Drop)
    {
        Advice = "Receive them, or use -NoRecord.",
    };
}
