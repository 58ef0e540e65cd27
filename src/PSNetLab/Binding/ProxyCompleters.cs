using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>Completes -Upstream with the running servers of a kind.</summary>
/// <typeparam name="TJob">The kind.</typeparam>
public sealed class UpstreamCompleter<TJob> : WordCompleter
    where TJob : ServerJob
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => LiveJobs.Jobs.OfType<TJob>().OrderBy(job => job.Id)
            .Select(job => (Addresses.Join(job.Address, job.Port), $"{job.PSJobTypeName} {job.Name}"));
}
